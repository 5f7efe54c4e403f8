// Loads a Compose file as `docker compose config` does, with Docker's own library: its schema, interpolation, includes, and whether
// everything that is named is there. compose-model FILE [PROFILE...] prints the names of the services that would run.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:2], cli.WithOsEnv, cli.WithProfiles(os.Args[2:]))
	if err == nil {
		project, failure := options.LoadProject(context.Background())
		if err = failure; err == nil {
			fmt.Println(strings.Join(project.ServiceNames(), " "))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
