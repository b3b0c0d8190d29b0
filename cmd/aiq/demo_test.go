package main

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemoEndsWithAPlausibleResult(t *testing.T) {
	t.Parallel()
	score := regexp.MustCompile(`Score ([\d.]+), ability ([+-][\d.]+) ± ([\d.]+), percentile ([\d.]+); with 95 % confidence between ([\d.]+) and ([\d.]+)\.\n(\d+) of (\d+) right`)
	file := t.TempDir() + "/demo.db"
	for range 2 { // the second time on the same file
		out, problems, err := aiq(t, "", "demo", "--once", "--theta", "1", "--file", file)
		require.NoError(t, err, problems)
		require.Empty(t, problems)
		found := score.FindStringSubmatch(out)
		require.NotNil(t, found, out)
		var v [8]float64
		for i := range v {
			v[i], err = strconv.ParseFloat(found[i+1], 64)
			require.NoError(t, err)
		}
		value, theta, se, percentile, lower, upper, right, total := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
		require.InDelta(t, 100+15*theta, value, .2)
		// A candidate of ability 1 within five standard errors.
		require.InDelta(t, 1, theta, 5*se)
		require.Less(t, lower, value)
		require.Greater(t, upper, value)
		require.InDelta(t, 1.96*15*se, (upper-lower)/2, .2)
		require.GreaterOrEqual(t, percentile, 0.)
		require.LessOrEqual(t, percentile, 100.)
		require.GreaterOrEqual(t, total, 8.)
		require.LessOrEqual(t, total, 15.)
		require.LessOrEqual(t, right, total)
		// Every step was shown, from the start to the end.
		for answered := range int(total) + 1 {
			require.Regexp(t, `(?m)^ +`+strconv.Itoa(answered)+` +[+-]\d`, out)
		}
	}
}
