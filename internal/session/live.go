package session

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// LiveSession is a test that is going on, or has just ended.
type LiveSession struct {
	Change vocab.LiveChange
	// At is when that happened.
	At       time.Time
	Version  int
	Progress *Progress
	// Test is the test at that version, without the answers that it holds.
	Test *db.TestSession

	seq int64
}

// Kind is that of the test.
func (l *LiveSession) Kind() vocab.SessionKind { return l.Test.Kind }

// LiveSessions is what happened in the tests that are going on.
type LiveSessions struct {
	// Reset says that the present state begins here: what was told before is to be
	// forgotten.
	Reset bool
	// More says that further sessions follow at once.
	More bool
	// Sessions are those in which something happened, about in the order in which it
	// happened last: what several processes change is read by moments later or
	// sooner.
	Sessions []*LiveSession
	// Cursor is where to go on after the connection is lost.
	Cursor string
}

// LiveFilter says which sessions are told of. What is empty admits all.
type LiveFilter struct {
	Users   []ident.User
	Kinds   []vocab.SessionKind
	Changes []vocab.LiveChange
}

func (f LiveFilter) admits(l *LiveSession) bool {
	return admits(f.Users, l.Test.UserID) && admits(f.Kinds, l.Test.Kind) && admits(f.Changes, l.Change)
}

func admits[T comparable](some []T, one T) bool { return len(some) == 0 || slices.Contains(some, one) }

const (
	// toldAtOnce is how many sessions one event tells of.
	toldAtOnce = 100
	// endedKept is how long, and endedMost how many tests are known after their end:
	// so long can somebody be away and hear of them with a cursor.
	endedKept = 15 * time.Minute
	endedMost = 10_000
	// cursorSlack is how far a cursor lies back, for changes that were made earlier
	// and are seen later: other processes have other clocks.
	cursorSlack = 10 * time.Second
)

// WatchLive tells what happens in the tests that are going on. Each call of next
// waits and gives an event: first all tests as they are, in one or several, then
// those in which something has happened since.
// With a cursor in place of the first, those are told that changed since; if it
// is too old, all are. A few are then told again: a version of a test that is
// known already can be left out. There are no more events when either context
// ends. WatchLive fails with VALIDATION_FAILED for what is no cursor.
//
// For who does not ask nothing is kept: who is late is told of each test once, as
// it is then.
func (s *Service) WatchLive(ctx context.Context, filter LiveFilter, cursor string) (next func(context.Context) (*LiveSessions, bool), err error) {
	since, err := parseCursor(cursor)
	if err != nil {
		return nil, err
	}
	b, err := s.live.enter(ctx, s)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { s.live.leave(b) })
	at := b.begin(since)
	return func(ctx context.Context) (*LiveSessions, bool) {
		for {
			event, turn := b.next(&at, filter, s.clock())
			if event != nil {
				return event, true
			}
			select {
			case <-turn:
			case <-ctx.Done():
				return nil, false
			case <-b.life.Done():
				return nil, false
			}
		}
	}, nil
}

func formatCursor(at time.Time) string {
	return base64.RawURLEncoding.EncodeToString([]byte("live:" + strconv.FormatInt(at.UnixMicro(), 10)))
}

// parseCursor reads the moment of a cursor, zero if there is none.
func parseCursor(cursor string) (time.Time, error) {
	if cursor == "" {
		return time.Time{}, nil
	}
	text, _ := base64.RawURLEncoding.DecodeString(cursor)
	number, found := strings.CutPrefix(string(text), "live:")
	micro, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil {
		return time.Time{}, fault.Invalid("after", "cursor", "The cursor is not one of liveSessions.")
	}
	return time.UnixMicro(micro), nil
}

// liveTests is the board that all who watch share. There is none while nobody
// does.
type liveTests struct {
	mu    sync.Mutex
	board *board
	users int
}

// enter gives the board, with the present state on it.
func (l *liveTests) enter(ctx context.Context, s *Service) (*board, error) {
	l.mu.Lock()
	if l.board == nil {
		l.board = newBoard(s)
	}
	b := l.board
	l.users++
	l.mu.Unlock()
	select {
	case <-b.ready:
	case <-ctx.Done():
		l.leave(b)
		return nil, ctx.Err()
	}
	if b.failure != nil {
		l.leave(b)
		return nil, b.failure
	}
	return b, nil
}

// leave lets the board go with its last user. One that failed is gone at once, so
// that the next who comes tries anew.
func (l *liveTests) leave(b *board) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.board != b {
		return
	}
	l.users--
	if l.users == 0 || b.failure != nil {
		b.close()
		l.board, l.users = nil, 0
	}
}
