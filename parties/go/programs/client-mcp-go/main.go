// The client of mcp-go: lists, calls once, prints both.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	url, token, tool := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	headers := map[string]string{"Authorization": "Bearer " + token}
	mine, err := client.NewStreamableHttpClient(url, transport.WithHTTPHeaders(headers))
	check(err)
	defer mine.Close()
	check(mine.Start(ctx))
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "party", Version: "1.0.0"}
	_, err = mine.Initialize(ctx, hello)
	check(err)
	list, err := mine.ListTools(ctx, mcp.ListToolsRequest{})
	check(err)
	names := []string{}
	for _, each := range list.Tools {
		names = append(names, each.Name)
	}
	call := mcp.CallToolRequest{}
	call.Params.Name = tool
	check(json.Unmarshal([]byte(os.Args[4]), &call.Params.Arguments))
	result, err := mine.CallTool(ctx, call)
	check(err)
	text := result.Content[0].(mcp.TextContent).Text
	line, _ := json.Marshal(map[string]any{"names": names, "text": text})
	fmt.Println(string(line))
}
