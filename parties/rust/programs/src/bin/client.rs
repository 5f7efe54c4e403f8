//! The client of the official Rust SDK: lists, calls once, prints both.

use rmcp::{
    ServiceExt,
    model::CallToolRequestParams,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [url, token, tool, arguments]: [String; 4] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "four words are needed")?;
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
    let session = ().serve(StreamableHttpClientTransport::from_config(config)).await?;
    let names: Vec<String> =
        session.list_all_tools().await?.iter().map(|each| each.name.to_string()).collect();
    let call = CallToolRequestParams::new(tool).with_arguments(serde_json::from_str(&arguments)?);
    let result = serde_json::to_value(session.call_tool(call).await?)?;
    println!("{}", serde_json::json!({ "names": names, "text": result["content"][0]["text"] }));
    session.cancel().await?;
    Ok(())
}
