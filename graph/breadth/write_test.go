package breadth

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestStringsAreUTF8 compares with encoding/json.
func TestStringsAreUTF8(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "plain", "\"\\\t\r\n\x00\x1f\x7f", "é ß 漢字 \u2028 \U0001F600", "\ufffd",
		"bad \xff\xfe end", "\xc3", "a\xe6\xbc", "\xed\xa0\x80", "\xf0\x9f\x98", "\xc0\xaf",
	} {
		written := AppendString(nil, text)
		require.True(t, utf8.Valid(written), "%q", text)
		want, err := json.Marshal(text)
		require.NoError(t, err)
		var a, b string
		require.NoError(t, json.Unmarshal(want, &a))
		require.NoError(t, json.Unmarshal(written, &b))
		require.Equal(t, a, b, "%q", text)
	}
}

// TestOneLargeAnswerDoesNotMakeAllBuffersLarge looks inside, for nothing outside tells how large a buffer was.
func TestOneLargeAnswerDoesNotMakeAllBuffersLarge(t *testing.T) {
	t.Parallel()
	var p plan
	p.bytes.Store(50 << 20)
	require.LessOrEqual(t, cap(p.answer().bytes), 2*maxRoom)
}
