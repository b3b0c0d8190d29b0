// Package scenario runs behaviours that are told in files: who asks what in which
// state, what the answer is, and how many SQL statements it may cost. Each file is
// played against the real handler over HTTP, once on each database.
//
// A file is a txtar archive. What comes before its first heading says the rule in
// words; each heading is a step:
//
//	-- settings --                 flags of aiq serve, one a line; first, if at all
//	-- given --                    the state, one fact a line (see facts)
//	-- as ada --                   ada sends the operation below. In place of a person:
//	                               nobody, or <a token> that an answer held. Further:
//	                               ", from 198.51.100.7" ", 5 times" ", 50 at once";
//	                               of proxies: ", from 198.51.100.7 via 10.1.2.3"
//	-- again --                    the last operation once more, by the same person
//	-- answer --                   what must have come back; "at most 5 statements"
//	-- answer to 49 --             of several, what so many of them must have got
//	-- answer has --               the same, where objects may hold more than is written
//	-- answer lacks --             lines that stand nowhere in what came back
//	-- headers --                  headers of the last answer
//	-- download as ada --          ada gets what is at the path below
//	-- 31 minutes later --         the clock, which stands still otherwise; also
//	                               "31 minutes, less a second later"
//	-- ada answers 7 questions --  of her test in progress, right and wrong in turn; or
//	                               "until the end", and further ", all right"
//	-- jobs --                     work what is to be done in the background;
//	                               "jobs fail" if one is to be tried again later
//	-- reminders --                look for reminders that are due, and send them; they
//	                               may "fail", too
//	-- idle tests --               look for tests that nobody touches, and end them
//	-- purge --                    remove what is over: tokens, exports, erasures
//	-- mail --                     lines that the next message has, in this order;
//	                               "to" and "subject" are lines of it
//	-- no mail --                  there is no further message
//	-- push to phone --            the next notification that this device shows
//	-- no push to phone --         it shows no further one
//	-- pushes to phone: 410 Unregistered --
//	                               what Apple answers to the next push to it; further
//	                               ", retry after 90"
//	-- apple signs token --        an identity token of these claims, kept as <token>;
//	                               google does, too
//	-- watching as ada over SSE -- subscribes, or over WebSocket
//	-- event --                    the next event of that subscription
//	-- the end --                  it has completed
//	-- closed with 4403 TOKEN_EXPIRED --
//	                               the server has closed that socket
//	-- stored --                   a SELECT
//	-- rows --                     its rows, a JSON list of lists
//
// A name in angle brackets stands for a value. Where an answer has it for the first
// time it is kept, and everywhere else it must be the same: in answers, operations,
// mail and statements. <> is any value but null, and is not kept. Data must be just
// what is written, errors must have what is written.
//
// Long texts are made: <5000 characters> of two bytes each, <200 bytes> of one, and
// <100 times {name: "launch"}> is that over and over, with spaces between. What a
// device is known by to Apple is <push token of phone>.
//
// At the end no kept value whose name has "token" or "password" in it may stand in
// the server's log.
package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/store/storetest"
)

// Run plays all scenarios of a folder and the folders in it, each once on each
// database, as parallel subtests named after the files.
func Run(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "*"+suffix))
	require.NoError(t, err)
	require.NotEmpty(t, files, "scenarios in %s", folder)
	known := verbs()
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		script, err := parse(path, text, known)
		require.NoError(t, err)
		name, err := filepath.Rel(folder, path)
		require.NoError(t, err)
		t.Run(strings.TrimSuffix(name, suffix), func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, databaseURL string) { play(t, script, databaseURL) })
		})
	}
}

const suffix = ".txtar"
