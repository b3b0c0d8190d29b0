package session

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// board has the tests that are going on, and those that have just ended, in the
// order of their last changes.
type board struct {
	service *Service
	life    context.Context
	close   func()
	// ready is closed when the board has the present state, or failure says why not.
	ready   chan struct{}
	failure error

	mu       sync.Mutex
	sessions map[ident.Session]*LiveSession
	// changes are the sessions in the order of their changes. A session that has
	// changed again is in it several times, and only the last one counts.
	changes []*LiveSession
	seq     int64
	// forgotten is the last change that is not known any more.
	forgotten int64
	ended     int
	// from is since when ended tests are known.
	from time.Time
	// alarm goes off when a test may have become idle, or an ended one is to be
	// forgotten.
	alarm *time.Timer
	// turn is closed at the next change, and replaced.
	turn chan struct{}
}

func newBoard(s *Service) *board {
	b := &board{
		service: s, ready: make(chan struct{}), sessions: map[ident.Session]*LiveSession{},
		turn: make(chan struct{}), from: s.clock().Add(-endedKept),
	}
	life, end := context.WithCancel(context.Background())
	unfollow := s.tests.Follow(b)
	b.life, b.close = life, func() { unfollow(); end() }
	b.alarm = time.AfterFunc(s.policy.Idle, b.tidy)
	context.AfterFunc(life, func() { b.alarm.Stop() })
	go func() {
		b.failure = b.CatchUp(life)
		b.order()
		close(b.ready)
	}()
	return b
}

// order brings what was read at first into the order in which it happened.
func (b *board) order() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes = slices.DeleteFunc(b.changes, func(l *LiveSession) bool { return !b.current(l) })
	slices.SortStableFunc(b.changes, func(x, y *LiveSession) int { return x.At.Compare(y.At) })
	for i, l := range b.changes {
		l.seq = int64(i + 1)
	}
	b.seq = int64(len(b.changes))
}

// Changed implements event.Follower.
func (b *board) Changed(tests []*Shared) {
	// What is read at once is told in the order in which it happened.
	slices.SortStableFunc(tests, func(x, y *Shared) int { return lastChange(x.Test).Compare(lastChange(y.Test)) })
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range tests {
		b.put(t.Test)
	}
	b.wake()
}

// lastChange is when something last happened in a test.
func lastChange(t *db.TestSession) time.Time {
	if t.EndedAt != nil {
		return *t.EndedAt
	}
	return t.LastActivityAt
}

// put notes a test, unless it is known as it is.
func (b *board) put(t *db.TestSession) {
	known := b.sessions[t.ID]
	if known != nil && known.Version >= t.Version {
		return
	}
	at := lastChange(t)
	if t.EndedAt != nil && at.Before(b.from) {
		return
	}
	kept := *t
	kept.Steps, kept.Seen = nil, nil
	l := &LiveSession{At: at, Version: t.Version, Progress: b.service.progressAt(t, t.Version), Test: &kept}
	switch {
	case t.State == vocab.Completed:
		l.Change = vocab.LiveCompleted
	case t.State == vocab.Abandoned:
		l.Change = vocab.LiveAbandoned
	case t.State == vocab.Expired:
		l.Change = vocab.LiveExpired
	case b.service.clock().Sub(at) >= b.service.policy.Idle:
		l.Change, l.At = vocab.LiveIdle, at.Add(b.service.policy.Idle)
	case t.Version == 1:
		l.Change = vocab.LiveStarted
	default:
		l.Change = vocab.LiveAnswered
	}
	b.note(t.ID, l)
	if t.EndedAt == nil {
		return
	}
	if b.ended++; b.ended > endedMost {
		b.forget()
	}
}

// note appends a change.
func (b *board) note(id ident.Session, l *LiveSession) {
	b.seq++
	l.seq = b.seq
	b.sessions[id] = l
	b.changes = append(b.changes, l)
	if len(b.changes) > 2*len(b.sessions)+1000 {
		b.changes = slices.DeleteFunc(b.changes, func(l *LiveSession) bool { return !b.current(l) })
	}
}

// current reports whether the change is the last one of its session.
func (b *board) current(l *LiveSession) bool { return b.sessions[l.Progress.SessionID] == l }

// forget leaves out tests that ended long ago, and if there are too many of the
// others, those that ended first.
func (b *board) forget() {
	old := b.service.clock().Add(-endedKept)
	excess := 0
	if b.ended > endedMost {
		excess = b.ended - endedMost*9/10 // seldom, and then many
	}
	for _, l := range b.changes {
		if !b.current(l) || !l.Progress.State.Final() || excess <= 0 && !l.At.Before(old) {
			continue
		}
		delete(b.sessions, l.Progress.SessionID)
		b.ended--
		excess--
		b.forgotten = max(b.forgotten, l.seq)
		if !l.At.Before(b.from) {
			b.from = l.At.Add(time.Microsecond)
		}
	}
}

// tidy notes which tests have become idle, and forgets those that ended long ago.
func (b *board) tidy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.life.Err() != nil {
		return
	}
	now, idle := b.service.clock(), b.service.policy.Idle
	next := idle
	var quiet []*LiveSession
	for _, l := range b.sessions {
		if l.Progress.State.Final() || l.Change == vocab.LiveIdle {
			continue
		}
		if left := idle - now.Sub(l.At); left > 0 {
			next = min(next, left)
		} else {
			quiet = append(quiet, l)
		}
	}
	sort.Slice(quiet, func(i, j int) bool { return quiet[i].At.Before(quiet[j].At) })
	for _, l := range quiet {
		same := *l
		same.Change, same.At = vocab.LiveIdle, l.At.Add(idle)
		b.note(l.Progress.SessionID, &same)
	}
	b.forget()
	if len(quiet) > 0 {
		b.wake()
	}
	b.alarm.Reset(max(next, time.Millisecond))
}

func (b *board) wake() {
	close(b.turn)
	b.turn = make(chan struct{})
}

// place is how far somebody has heard.
type place struct {
	seq int64
	// first says that nothing was told yet, and reset that the present state is.
	first, reset bool
	// Of the changes up to known, those before since are not told, or, when the
	// present state is, those that ended a test.
	known int64
	since time.Time
}

// admits reports whether a change is to be told to who is at the place.
func (at *place) admits(l *LiveSession) bool {
	switch {
	case l.seq > at.known:
		return true
	case at.since.IsZero():
		return !l.Progress.State.Final()
	default:
		return !l.At.Before(at.since)
	}
}

// begin is the place of one who knows what happened up to the moment, or nothing.
func (b *board) begin(since time.Time) place {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := place{first: true, known: b.seq, since: since}
	if since.Before(b.from) {
		at.reset, at.since = true, time.Time{}
	}
	return at
}

// next is the next event after the place, which moves on, or nil and what is closed
// when something happens.
func (b *board) next(at *place, filter LiveFilter, now time.Time) (*LiveSessions, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if max(at.seq, at.known) < b.forgotten {
		// They are so late that some have ended meanwhile and are not known any more.
		*at = place{first: true, reset: true, known: b.seq}
	}
	event := &LiveSessions{Reset: at.first && at.reset, Sessions: []*LiveSession{}, Cursor: formatCursor(now.Add(-cursorSlack))}
	from := sort.Search(len(b.changes), func(i int) bool { return b.changes[i].seq > at.seq })
	for _, l := range b.changes[from:] {
		if len(event.Sessions) == toldAtOnce {
			event.More = true
			break
		}
		if b.current(l) && filter.admits(l) && at.admits(l) {
			event.Sessions = append(event.Sessions, l)
		}
		at.seq = l.seq
	}
	if !at.first && len(event.Sessions) == 0 {
		return nil, b.turn
	}
	at.first = false
	return event, nil
}

// CatchUp implements event.Follower: it brings the board to the state of the
// database.
func (b *board) CatchUp(ctx context.Context) error {
	reader := b.service.store.Reader()
	b.mu.Lock()
	from := b.from
	going := map[ident.Session]bool{} // those that the board takes for going on
	for id, l := range b.sessions {
		if !l.Progress.State.Final() {
			going[id] = true
		}
	}
	b.mu.Unlock()
	stale := func(rows []*db.TestSession) (out []ident.Session) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, row := range rows {
			delete(going, row.ID)
			if known := b.sessions[row.ID]; known == nil || known.Version < row.Version {
				out = append(out, row.ID)
			}
		}
		return out
	}
	page := func(after ident.Session) *db.TestSessionQuery {
		return reader.TestSession.Query().Where(testsession.IDGT(after)).Order(db.Asc(testsession.FieldID)).Limit(readAtOnce)
	}
	for _, which := range []predicate.TestSession{
		testsession.StateEQ(vocab.InProgress),
		testsession.And(testsession.StateIn(vocab.Completed, vocab.Abandoned, vocab.Expired), testsession.EndedAtGTE(from)),
	} {
		for after, more := ident.Session(0), true; more; {
			rows, err := page(after).Where(which).Select(testsession.FieldID, testsession.FieldVersion).All(ctx)
			if err != nil {
				return fmt.Errorf("look up the tests that are going on: %w", store.Fault(err))
			}
			if err := b.reload(ctx, stale(rows)); err != nil {
				return err
			}
			if more = len(rows) == readAtOnce; more {
				after = rows[len(rows)-1].ID
			}
		}
	}
	// What has ended before anything that is looked up, or was deleted.
	gone := make([]ident.Session, 0, len(going))
	for id := range going {
		gone = append(gone, id)
	}
	for some := range slices.Chunk(gone, readAtOnce) {
		if err := b.reload(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// readAtOnce is how many tests one statement looks up.
const readAtOnce = 500

// reload reads tests anew.
func (b *board) reload(ctx context.Context, ids []ident.Session) error {
	if len(ids) == 0 {
		return nil
	}
	tests, err := b.service.readShared(ctx, ids)
	if err != nil {
		return err
	}
	there := map[ident.Session]bool{}
	for _, t := range tests {
		there[t.Test.ID] = true
	}
	b.mu.Lock()
	for _, id := range ids {
		if known := b.sessions[id]; known != nil && !there[id] {
			b.drop(id, known)
		}
	}
	b.mu.Unlock()
	b.Changed(tests)
	return nil
}

// drop removes a test that was deleted: all who watch begin again with the present
// state, without it.
func (b *board) drop(id ident.Session, known *LiveSession) {
	delete(b.sessions, id)
	if known.Progress.State.Final() {
		b.ended--
	}
	b.seq++
	b.forgotten, b.from = b.seq, b.service.clock()
}
