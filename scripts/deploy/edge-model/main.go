// Reads the examples of the edge with the types that Envoy and Traefik read them with: every name and type, and Envoy's own rules.
// edge-model ENVOY_FILE TRAEFIK_DYNAMIC_FILE
package main

import (
	"fmt"
	"os"

	bootstrap "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/compression/gzip/compressor/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/buffer/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/compressor/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/local_ratelimit/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	manager "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/resource_monitors/downstream_connections/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/host/previous_hosts/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"github.com/traefik/paerser/file"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"
)

func envoy(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	document, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	var read bootstrap.Bootstrap
	if err := protojson.Unmarshal(document, &read); err != nil {
		return err
	}
	if err := read.ValidateAll(); err != nil {
		return err
	}
	for _, listener := range read.StaticResources.Listeners {
		for _, chain := range listener.FilterChains {
			for _, filter := range chain.Filters {
				message, err := filter.GetTypedConfig().UnmarshalNew()
				if err != nil {
					return err
				}
				inner := message.(*manager.HttpConnectionManager)
				if err := inner.ValidateAll(); err != nil {
					return err
				}
				for _, one := range inner.HttpFilters {
					message, err := one.GetTypedConfig().UnmarshalNew()
					if err != nil {
						return err
					}
					if err := message.(interface{ ValidateAll() error }).ValidateAll(); err != nil {
						return fmt.Errorf("%s: %w", one.Name, err)
					}
				}
			}
		}
	}
	return nil
}

func main() {
	failed := false
	for path, check := range map[string]func(string) error{
		os.Args[1]: envoy,
		os.Args[2]: func(path string) error { return file.Decode(path, &dynamic.Configuration{}) },
	} {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
