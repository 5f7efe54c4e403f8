// A server of mcp-go, over stdio.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func add(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	a, err := request.RequireInt("a")
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultText(fmt.Sprint(a + request.GetInt("b", 0))), nil
}

func note(_ context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "text/plain", Text: "a note"}}, nil
}

func main() {
	own := server.NewMCPServer("mcp-go", "1.0.0", server.WithToolCapabilities(true), server.WithResourceCapabilities(true, true))
	a := mcp.WithNumber("a", mcp.Required(), mcp.Description("the first number"))
	own.AddTool(mcp.NewTool("add", mcp.WithDescription("Adds two numbers."), a, mcp.WithNumber("b")), add)
	own.AddResource(mcp.NewResource("note://one", "one", mcp.WithMIMEType("text/plain")), note)
	if err := server.ServeStdio(own); err != nil {
		log.Fatal(err)
	}
}
