package event_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
)

// limit is how long a test waits for what must come.
const limit = time.Minute

// thing has a version, as a row does.
type thing struct {
	key     ident.Session
	version int
}

// table is what things are read from.
type table struct {
	mu    sync.Mutex
	rows  map[ident.Session]int
	reads [][]ident.Session
	// looked counts how often versions were looked up.
	looked int
	fails  int
	// gate holds reads up until it is closed.
	gate chan struct{}
}

func newTable() *table { return &table{rows: map[ident.Session]int{}} }

func (t *table) set(key ident.Session, version int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[key] = version
}

func (t *table) remove(key ident.Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, key)
}

func (t *table) readCount() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.reads)
}

func (t *table) lookedUp() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.looked
}

func (t *table) read(ctx context.Context, keys []ident.Session) ([]thing, error) {
	if t.gate != nil {
		select {
		case <-t.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads = append(t.reads, keys)
	if t.fails > 0 {
		t.fails--
		return nil, errors.New("the database is away")
	}
	var out []thing
	for _, key := range keys {
		if version, there := t.rows[key]; there {
			out = append(out, thing{key, version})
		}
	}
	return out, nil
}

func (t *table) versions(_ context.Context, keys []ident.Session) (map[ident.Session]int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked++
	out := map[ident.Session]int{}
	for _, key := range keys {
		if version, there := t.rows[key]; there {
			out[key] = version
		}
	}
	return out, nil
}

// process is one of several that share a table.
type process struct {
	*event.Hub
	topics *event.Topics[ident.Session, thing]
}

func newProcess(t *testing.T, bus event.Bus, from *table, o event.Options) process {
	t.Helper()
	if o.Sweep == 0 {
		o.Sweep = time.Hour // what is not carried is not seen
	}
	o.Log = slog.New(slog.DiscardHandler)
	hub := event.NewHub(bus, o)
	topics := event.NewTopics(hub, event.Source[ident.Session, thing]{
		Kind: ident.KindSession, Read: from.read, Versions: from.versions,
		Of: func(v thing) (ident.Session, int) { return v.key, v.version },
	})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { hub.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait(); hub.Close() })
	return process{hub, topics}
}

// change stores a version and tells of it.
func (p process) change(from *table, key ident.Session, version int) {
	from.set(key, version)
	p.topics.Publish(key, version)
}

// next is the next version, which must come.
func next(t *testing.T, w *event.Watcher[ident.Session, thing], after int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	v, ok := w.Next(ctx, after)
	require.True(t, ok, "nothing after %d", after)
	return v.version
}

func TestEachChangeIsReadOnceForAll(t *testing.T) {
	t.Parallel()
	rows := newTable()
	p := newProcess(t, event.Alone{}, rows, event.Options{})
	watchers := make([]*event.Watcher[ident.Session, thing], 100)
	for i := range watchers {
		watchers[i] = p.topics.Watch(1)
		watchers[i].Offer(thing{1, 1})
		require.Equal(t, 1, next(t, watchers[i], 0))
	}
	p.change(rows, 2, 1) // nobody watches it
	for version := 2; version <= 5; version++ {
		p.change(rows, 1, version)
		for _, w := range watchers {
			require.Equal(t, version, next(t, w, version-1))
		}
	}
	p.change(rows, 1, 5)
	require.Equal(t, 4, rows.readCount())
	for _, w := range watchers {
		w.Close()
	}
	p.change(rows, 1, 6)
	again := p.topics.Watch(1)
	defer again.Close()
	p.change(rows, 1, 7)
	require.Equal(t, 7, next(t, again, 0))
	require.Equal(t, 5, rows.readCount(), "nothing was read while nobody watched")
}

// TestSlowReadersGetTheNewest has changes come while one watcher does not look and
// another waits for a slow database.
func TestSlowReadersGetTheNewest(t *testing.T) {
	t.Parallel()
	rows := newTable()
	rows.gate = make(chan struct{})
	p := newProcess(t, event.Alone{}, rows, event.Options{})
	slow := p.topics.Watch(1)
	defer slow.Close()
	for version := range 50 {
		p.change(rows, 1, version+1)
	}
	close(rows.gate)
	got := next(t, slow, 0)
	for got < 50 {
		got = next(t, slow, got)
	}
	require.LessOrEqual(t, rows.readCount(), 2, "one for the first, one for the rest")
}

func TestAFailedReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	rows := newTable()
	rows.fails = 3
	p := newProcess(t, event.Alone{}, rows, event.Options{})
	w := p.topics.Watch(1)
	defer w.Close()
	p.change(rows, 1, 4)
	require.Equal(t, 4, next(t, w, 0))
	require.Equal(t, 4, rows.readCount())
}

func TestWatchersOfWhatGoesAreLetGo(t *testing.T) {
	t.Parallel()
	rows := newTable()
	rows.set(1, 3)
	p := newProcess(t, event.Alone{}, rows, event.Options{})
	w := p.topics.Watch(1)
	defer w.Close()
	w.Offer(thing{1, 3})
	rows.remove(1)
	p.topics.Publish(1, 4)
	_, ok := w.Next(t.Context(), 3)
	require.False(t, ok)
}

func TestClosingLetsAllGo(t *testing.T) {
	t.Parallel()
	rows := newTable()
	p := newProcess(t, event.Alone{}, rows, event.Options{})
	w := p.topics.Watch(1)
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, ok := w.Next(ctx, 0)
	require.False(t, ok, "its context has ended")
	p.Close()
	_, ok = w.Next(t.Context(), 0)
	require.False(t, ok)
	p.change(rows, 1, 2) // does no harm
}

// TestLostNoticesAreMadeGood changes things without a word.
func TestLostNoticesAreMadeGood(t *testing.T) {
	t.Parallel()
	rows := newTable()
	rows.set(1, 1)
	rows.set(2, 1)
	rows.set(3, 1)
	p := newProcess(t, event.Alone{}, rows, event.Options{Sweep: time.Millisecond})
	one, two, three := p.topics.Watch(1), p.topics.Watch(2), p.topics.Watch(3)
	for key, w := range map[ident.Session]*event.Watcher[ident.Session, thing]{1: one, 2: two, 3: three} {
		defer w.Close()
		w.Offer(thing{key, 1})
	}
	rows.set(1, 2)
	rows.remove(3)
	require.Equal(t, 2, next(t, one, 1))
	_, ok := three.Next(t.Context(), 1)
	require.False(t, ok)
	before := rows.lookedUp()
	require.Eventually(t, func() bool { return rows.lookedUp() > before+3 }, limit, time.Millisecond)
	rows.mu.Lock()
	defer rows.mu.Unlock()
	for _, keys := range rows.reads {
		require.NotContains(t, keys, ident.Session(2), "it has not changed")
	}
}

// everything hears of all things.
type everything struct {
	seen    chan thing
	caughts chan struct{}
}

func (e everything) Changed(values []thing) {
	for _, v := range values {
		e.seen <- v
	}
}

func (e everything) CatchUp(context.Context) error {
	select {
	case e.caughts <- struct{}{}:
	default:
	}
	return nil
}

func TestAFollowerHearsOfEverything(t *testing.T) {
	t.Parallel()
	rows := newTable()
	p := newProcess(t, event.Alone{}, rows, event.Options{Sweep: 10 * time.Millisecond})
	f := everything{make(chan thing, 100), make(chan struct{}, 1)}
	stop := p.topics.Follow(f)
	for key := range ident.Session(5) {
		p.change(rows, key, 1)
		require.Equal(t, thing{key, 1}, <-f.seen)
	}
	<-f.caughts
	stop()
	reads := rows.readCount()
	p.change(rows, 9, 1)
	w := p.topics.Watch(9)
	defer w.Close()
	p.change(rows, 9, 2)
	require.Equal(t, 2, next(t, w, 0))
	require.Equal(t, reads+1, rows.readCount())
	require.Empty(t, f.seen)
}

// TestCrowd publishes, watches and leaves all at once.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const last = 200
	rows := newTable()
	p := newProcess(t, event.Alone{}, rows, event.Options{Sweep: time.Millisecond})
	for key := range ident.Session(4) {
		rows.set(key, 0)
	}
	var done sync.WaitGroup
	reached := make([]bool, 20)
	for i := range reached {
		w := p.topics.Watch(ident.Session(i % 4))
		done.Go(func() {
			defer w.Close()
			at := 0
			for at < last {
				v, ok := w.Next(t.Context(), at)
				if !ok || v.version <= at {
					return
				}
				at = v.version
			}
			reached[i] = true
		})
	}
	for key := range ident.Session(4) {
		done.Go(func() {
			for version := 1; version <= last; version++ {
				p.change(rows, key, version)
			}
		})
		done.Go(func() {
			for range last {
				ctx, cancel := context.WithCancel(t.Context())
				w := p.topics.Watch(key)
				cancel()
				_, _ = w.Next(ctx, last)
				w.Close()
			}
		})
	}
	done.Wait()
	for i := range reached {
		require.True(t, reached[i], "watcher %d", i)
	}
}
