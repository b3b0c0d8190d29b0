// Command generate writes the torture schema's executor and breadth-first tables.
package main

import (
	"log"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"

	"github.com/aiqhq/aiq/graph/breadth/plugin"
)

func main() {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		log.Fatal(err)
	}
	if err := api.Generate(cfg, api.AddPlugin(plugin.New("breadth.gen.go"))); err != nil {
		log.Fatal(err)
	}
}
