# make help lists what can be made.

.DEFAULT_GOAL := help
GOLANGCI = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

generate: ## regenerate ent/db, ent/migrations, graph/gen and the starter bank
	go generate ./...

check: lint fresh ## lint, and prove that generated code is fresh

lint: ## run the linters
	$(GOLANGCI) run ./...

fresh: generate ## fail if generating changes anything
	@test -z "$$(git status --porcelain)" || { git status --short; git --no-pager diff | head -100; exit 1; }

test: ## run the tests
	go test ./...

race: ## run the tests with the race detector
	go test -race ./...

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

migrate-diff: ## write the next migration: make migrate-diff name=add_devices
	cd ent && go run ./migrate diff $(name)

run: ## serve on sqlite://aiq.db
	go run ./cmd/aiq serve

demo: ## serve sample data and watch a test
	go run ./cmd/aiq demo

.PHONY: help generate check lint fresh test race bench migrate-diff run demo
