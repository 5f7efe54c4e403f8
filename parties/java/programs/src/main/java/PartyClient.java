import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;

/** The client of the official Java SDK: lists, calls once, prints both. */
public final class PartyClient {
  public static void main(String[] args) throws Exception {
    URI url = URI.create(args[0]);
    var transport =
        HttpClientStreamableHttpTransport.builder(url.getScheme() + "://" + url.getAuthority())
            .endpoint(url.getPath())
            .requestBuilder(HttpRequest.newBuilder().header("Authorization", "Bearer " + args[1]))
            .build();
    try (var client = McpClient.sync(transport).build()) {
      client.initialize();
      List<String> names = client.listTools().tools().stream().map(Tool::name).toList();
      var request = CallToolRequest.builder().name(args[2]).arguments(McpJsonDefaults.getMapper(), args[3]).build();
      var text = ((TextContent) client.callTool(request).content().get(0)).text();
      System.out.println(McpJsonDefaults.getMapper().writeValueAsString(Map.of("names", names, "text", text)));
    }
    System.exit(0);
  }
}
