package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
)

// The commands in docs/terminal.md print what it shows; … stands for lines left out.
func TestDocumentedCommands(t *testing.T) {
	t.Chdir("../..")
	text, err := os.ReadFile("docs/terminal.md")
	require.NoError(t, err)
	dir := t.TempDir() + "/"
	blocks := strings.Split(string(text), "```console\n$ aiq ")[1:]
	require.Len(t, blocks, 6)
	for _, block := range blocks {
		line, shown, _ := strings.Cut(block, "\n")
		shown, _, found := strings.Cut(shown, "\n```")
		require.True(t, found, line)
		rest := printed(t, strings.Fields(strings.ReplaceAll(line, "/tmp/", dir))...)
		for i, part := range strings.Split(shown, "…") {
			part = strings.Trim(part, "\n")
			at := strings.Index(rest, part)
			require.GreaterOrEqual(t, at, 0, "aiq %s\nprints\n%s\nand not\n%s", line, rest, part)
			if i == 0 {
				require.Zero(t, at, line)
			}
			rest = rest[at+len(part):]
		}
	}
}

// The question in docs/bank.md is one.
func TestDocumentedBankFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/bank.md")
	require.NoError(t, err)
	_, example, _ := strings.Cut(string(text), "```json\n")
	example, _, found := strings.Cut(example, "```")
	require.True(t, found)
	records, err := bankfile.ReadAll(strings.NewReader(example))
	require.NoError(t, err)
	require.Len(t, records, 1)
	require.Equal(t, "c", records[0].Key)
}
