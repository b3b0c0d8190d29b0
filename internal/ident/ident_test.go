package ident_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ident"
)

// written is the text that a key is sent as.
func written(t *testing.T, key graphql.Marshaler) string {
	t.Helper()
	var out bytes.Buffer
	key.MarshalGQL(&out)
	var text string
	require.NoError(t, json.Unmarshal(out.Bytes(), &text))
	return text
}

func TestKeysComeBackFromTheirGlobalForm(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 9, 10, 4711, math.MaxInt64} {
		for kind, key := range map[ident.Kind]graphql.Marshaler{
			ident.KindUser:             ident.User(n),
			ident.KindSession:          ident.Session(n),
			ident.KindResponse:         ident.Response(n),
			ident.KindQuestion:         ident.Question(n),
			ident.KindParameters:       ident.Parameters(n),
			ident.KindResult:           ident.Result(n),
			ident.KindItemStatistics:   ident.ItemStatistics(n),
			ident.KindOptionStatistics: ident.OptionStatistics(n),
		} {
			text := written(t, key)
			g, err := ident.Parse(text)
			require.NoError(t, err, kind)
			require.Equal(t, ident.Global{Kind: kind, Key: n}, g)
			require.Equal(t, text, g.String())
			require.Equal(t, text, written(t, g))

			var session ident.Session
			if err := session.UnmarshalGQL(text); kind == ident.KindSession {
				require.NoError(t, err)
				require.EqualValues(t, n, session)
				require.EqualValues(t, n, ident.As[ident.Session](g, ident.KindSession))
			} else {
				require.Error(t, err, "a %s is no session", kind)
				require.Zero(t, session)
				require.Zero(t, ident.As[ident.Session](g, ident.KindSession))
			}
		}
	}
}

func TestParseRefusesWhatItDidNotWrite(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	good := ident.Global{Kind: ident.KindUser, Key: 17}.String()
	for name, text := range map[string]string{
		"nothing":            "",
		"not base64":         "!",
		"padding":            base64.URLEncoding.EncodeToString([]byte("User:17")),
		"a line break":       good[:3] + "\n" + good[3:],
		"spaces":             " " + good,
		"stray last bits":    good[:len(good)-1] + "x",
		"no key":             encode("User"),
		"an empty key":       encode("User:"),
		"no kind":            encode(":17"),
		"an unknown kind":    encode("Secret:17"),
		"another case":       encode("user:17"),
		"zero":               encode("User:0"),
		"a negative key":     encode("User:-1"),
		"a plus sign":        encode("User:+1"),
		"a leading zero":     encode("User:017"),
		"a fraction":         encode("User:1.5"),
		"more than 64 bits":  encode("User:9223372036854775808"),
		"two keys":           encode("User:1:2"),
		"something very big": encode("User:" + strings.Repeat("1", 10000)),
	} {
		_, err := ident.Parse(text)
		require.Error(t, err, name)
		// As an argument it is an id that names nothing, and not a mistake.
		g := ident.Global{Kind: ident.KindUser, Key: 1}
		require.NoError(t, g.UnmarshalGQL(text), name)
		require.Equal(t, ident.Global{}, g, name)
	}
	// GraphQL takes a number for an id too.
	g := ident.Global{Kind: ident.KindUser, Key: 1}
	require.NoError(t, g.UnmarshalGQL(17))
	require.Equal(t, ident.Global{}, g)
}

func FuzzParse(f *testing.F) {
	f.Add("")
	f.Add("VXNlcjox")
	f.Add("VGVzdFNlc3Npb246NDcxMQ")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ident.Parse(text)
		if err != nil {
			require.Zero(t, g)
			return
		}
		require.Positive(t, g.Key)
		require.Equal(t, text, g.String(), "a thing has one id")
	})
}
