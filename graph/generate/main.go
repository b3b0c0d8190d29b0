// Command generate writes gqlgen's executor and, beside it, the tables by which
// operations are executed breadth first.
package main

import (
	"log"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"

	"github.com/aiqhq/aiq/graph/breadth/plugin"
)

func main() {
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		log.Fatalf("read gqlgen.yml: %v", err)
	}
	if err := api.Generate(cfg, api.AddPlugin(plugin.New("breadth.gen.go"))); err != nil {
		log.Fatalf("generate graph/gen: %v", err)
	}
}
