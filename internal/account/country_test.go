package account

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
)

// The list agrees with another one, CLDR's, which also has codes that ISO 3166-1
// has withdrawn, reserved for others, or never known.
func TestCountriesAreThoseOfISO3166(t *testing.T) {
	t.Parallel()
	require.Len(t, countries(), 249)
	var besides []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			region, err := language.ParseRegion(code)
			known := err == nil && region.IsCountry() && region.Canonicalize() == region
			if isCountry(code) {
				require.True(t, known, code)
			} else if known {
				besides = append(besides, code)
			}
		}
	}
	require.Equal(t, []string{
		"AC", "AN", "CP", "CQ", "CS", "DG", "EA", "EZ", "FQ", "IC", "NT", "PC", "SU", "TA", "UN", "XK", "YU",
	}, besides)
	for _, code := range []string{"", "D", "de", "DEU", "UK", "EU", "ZZ", "D E"} {
		require.False(t, isCountry(code), code)
	}
}
