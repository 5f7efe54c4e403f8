import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.util.List;
import java.util.Map;

/** A server of the official Java SDK, over stdio. */
public final class PartyServer {
  public static void main(String[] args) {
    Map<String, Object> number = Map.of("type", "integer");
    Map<String, Object> schema =
        Map.of("type", "object", "properties", Map.of("a", number, "b", number), "required", List.of("a", "b"));
    Tool add = Tool.builder("add", schema).description("Adds two numbers.").build();
    McpServer.sync(new StdioServerTransportProvider(McpJsonDefaults.getMapper()))
        .serverInfo("java", "1.0.0")
        .capabilities(ServerCapabilities.builder().tools(true).build())
        .toolCall(
            add,
            (exchange, request) -> {
              int a = ((Number) request.arguments().get("a")).intValue();
              int b = ((Number) request.arguments().get("b")).intValue();
              return CallToolResult.builder(List.of(new TextContent(String.valueOf(a + b)))).build();
            })
        .build();
  }
}
