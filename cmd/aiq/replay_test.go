package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

func TestReplay(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := servertest.New(t, databaseURL, server.Options{})
		s.UseItems(120, 1.3)
		var ended []servertest.Step
		var numbers []string
		for _, taker := range s.Takers(3) {
			end := taker.Finish(t, taker.StartTest(t), func(n int) bool { return n%3 != 1 })
			ended = append(ended, end)
			var id ident.Global
			require.NoError(t, id.UnmarshalGQL(end.Session.ID))
			numbers = append(numbers, strconv.FormatInt(id.Key, 10))
		}

		out, problems, err := aiq(t, databaseURL, "replay", ended[0].Session.ID)
		require.NoError(t, err, problems)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		require.Equal(t, "test "+numbers[0]+"  ADAPTIVE  COMPLETED", lines[0])
		require.Equal(t, []string{"position", "question", "right", "theta", "se", "agrees"}, strings.Fields(lines[1]))
		require.Len(t, lines, 2+ended[0].Result.Total+1)
		for i, line := range lines[2 : len(lines)-1] {
			cells := strings.Fields(line)
			require.Len(t, cells, 6)
			require.Equal(t, strconv.Itoa(i+1), cells[0])
			require.Equal(t, "yes", cells[5])
		}
		score := ended[0].Result.Score
		require.Equal(t, fmt.Sprintf("score %.3f, replayed %.3f", score, score), lines[len(lines)-1])

		out, problems, err = aiq(t, databaseURL, "replay", "--json", numbers[1], ended[2].Session.ID)
		require.NoError(t, err, problems)
		lines = strings.Split(strings.TrimSpace(out), "\n")
		require.Len(t, lines, 2)
		for i, line := range lines {
			var r session.Replay
			require.NoError(t, json.Unmarshal([]byte(line), &r))
			require.True(t, r.Agrees())
			require.Equal(t, ended[i+1].Result.Score, *r.Replayed)
		}

		out, problems, err = aiq(t, databaseURL, "replay", "--all")
		require.NoError(t, err, problems)
		require.Equal(t, "3 tests agree with their replay\n", out)

		require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(ctx, "UPDATE responses SET option_id = 'z' WHERE position = 2 AND session_id = "+numbers[1])
			return err
		}))
		out, problems, err = aiq(t, databaseURL, "replay", "--all")
		require.Error(t, err)
		require.Contains(t, problems, "1 of 3 tests do not agree with their replay")
		require.Contains(t, out, "test "+numbers[1])
		require.NotContains(t, out, "test "+numbers[0])
		require.Contains(t, out, "position 2: option in the response is stored as z and replayed as ")
		_, _, err = aiq(t, databaseURL, "replay", numbers[0], numbers[2])
		require.NoError(t, err)
		_, _, err = aiq(t, databaseURL, "replay", numbers[0], numbers[1])
		require.Error(t, err)

		for args, want := range map[string]string{
			"":                     "name the tests",
			"--all " + numbers[0]:  "name the tests",
			"x":                    "neither a test's global id nor its number",
			"-- -1":                "neither a test's global id nor its number",
			"999999":               "Test not found",
			"UXVlc3Rpb246OTk5OTk5": "neither a test's global id nor its number",
		} {
			_, problems, err := aiq(t, databaseURL, append([]string{"replay"}, strings.Fields(args)...)...)
			require.Error(t, err, args)
			require.Contains(t, problems, want, args)
		}
	})
}
