// The client of the official Go SDK: lists, calls once, prints both.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type bearer string

func (token bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(request)
}

func main() {
	url, token, tool := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	transport := &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: bearer(token)}}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "party", Version: "1.0.0"}, nil).Connect(ctx, transport, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	names := []string{}
	for each, err := range session.Tools(ctx, nil) {
		if err != nil {
			log.Fatal(err)
		}
		names = append(names, each.Name)
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(os.Args[4])})
	if err != nil {
		log.Fatal(err)
	}
	text := result.Content[0].(*mcp.TextContent).Text
	line, _ := json.Marshal(map[string]any{"names": names, "text": text})
	fmt.Println(string(line))
}
