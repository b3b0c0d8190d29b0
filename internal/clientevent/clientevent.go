// Package clientevent stores what the app tells of its use. Telling never waits
// for the database: events are taken into a bounded queue and written in batches
// soon after, or, when the database is not available, once it is. What does not fit is
// dropped and counted, and what waits when the process dies is lost: events are for the
// course of things, not for accounts.
package clientevent

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/clientevent"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// The bounds of what may be told.
const (
	// MaxBatch is the most events that are told at once.
	MaxBatch = 100

	maxName       = 100  // characters
	maxLabel      = 50   // characters of platform and version
	maxDevice     = 200  // bytes
	maxID         = 100  // bytes
	maxProperties = 4096 // bytes as JSON
	maxDepth      = 5

	// maxWaiting is how many events may wait to be written, and maxWritten how
	// many go into one statement.
	maxWaiting = 20_000
	maxWritten = 500
	// firstPause and longestPause are the waits between tries while the database is not
	// available; each is twice the one before.
	firstPause, longestPause = 100 * time.Millisecond, 15 * time.Second
	// forgotten is how many old events are removed in one statement.
	forgotten = 5000
)

// Event is one thing that happened in the app.
type Event struct {
	// ID is the app's own, "" for none: an event with an id is stored once.
	ID         string
	Name       string
	At         time.Time
	Properties vocab.JSONObject
}

// Batch is what an app tells at once, and about itself.
type Batch struct {
	Events                         []Event
	Platform, AppVersion, DeviceID string
}

// Options are what an operator chooses.
type Options struct {
	// Log hears of batches that could not be written; slog.Default unless set.
	Log *slog.Logger
	// Stored and Dropped are told how many events were; they may be nil.
	Stored, Dropped func(n int)
}

// Recorder takes events and writes them in the background. Close it when done.
type Recorder struct {
	store   *store.Store
	clock   clock.Clock
	options Options

	mu      sync.Mutex
	waiting []row
	closed  bool
	// wake has room for one: the writer is told that something waits.
	wake chan struct{}
	// idle is closed while nothing waits and nothing is being written.
	idle chan struct{}
	// cut ends writing.
	cut  context.CancelFunc
	done chan struct{}
	// insert writes rows, all or none, and pause waits, until the context ends at the
	// longest.
	insert func(context.Context, []row) error
	pause  func(context.Context, time.Duration)
}

// row is an event as it will be stored.
type row struct {
	user                      *ident.User
	key                       *string
	name                      string
	at, received              time.Time
	properties                vocab.JSONObject
	platform, version, device *string
}

// New makes a recorder and starts its writer.
func New(st *store.Store, now clock.Clock, o Options) *Recorder {
	r, ctx := newRecorder(st, now, o)
	go r.write(ctx)
	return r
}

// newRecorder makes a recorder whose writer is still to be started, in the context.
func newRecorder(st *store.Store, now clock.Clock, o Options) (*Recorder, context.Context) {
	o.Log = cmp.Or(o.Log, slog.Default())
	nothing := func(int) {}
	if o.Stored == nil {
		o.Stored = nothing
	}
	if o.Dropped == nil {
		o.Dropped = nothing
	}
	ctx, cut := context.WithCancel(context.Background())
	r := &Recorder{
		store: st, clock: now, options: o, wake: make(chan struct{}, 1), idle: make(chan struct{}),
		cut: cut, done: make(chan struct{}), pause: clock.Pause,
	}
	r.insert = r.insertRows
	close(r.idle)
	return r, ctx
}

// Record takes the viewer's events, all that there is room for, and says how many
// those were. It never waits. It fails with VALIDATION_FAILED if one of them cannot
// be, with the field (events[3].name), and then takes none.
func (r *Recorder) Record(ctx context.Context, v auth.Viewer, b Batch) (accepted int, err error) {
	if err := b.check(); err != nil {
		return 0, err
	}
	rows := b.rows(ctx, v, r.clock())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, fault.New(fault.Unavailable, "The server is stopping. Try again in a moment.")
	}
	accepted = min(len(rows), maxWaiting-len(r.waiting))
	if dropped := len(rows) - accepted; dropped > 0 {
		r.options.Dropped(dropped)
	}
	if accepted == 0 {
		return 0, nil
	}
	if len(r.waiting) == 0 {
		select {
		case <-r.idle: // nothing was being written either
			r.idle = make(chan struct{})
		default:
		}
	}
	r.waiting = append(r.waiting, rows[:accepted]...)
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return accepted, nil
}

func (b Batch) check() error {
	if n := len(b.Events); n == 0 || n > MaxBatch {
		return fault.Invalid("events", "length", "Tell 1 to %d events at once.", MaxBatch)
	}
	if err := line("platform", b.Platform, maxLabel); err != nil {
		return err
	}
	if err := line("appVersion", b.AppVersion, maxLabel); err != nil {
		return err
	}
	if err := id("deviceId", b.DeviceID, maxDevice); err != nil {
		return err
	}
	for i, e := range b.Events {
		if err := e.check(fmt.Sprintf("events[%d].", i)); err != nil {
			return err
		}
	}
	return nil
}

func (e Event) check(at string) error {
	if e.Name == "" {
		return fault.Invalid(at+"name", "min_length", "An event needs a name.")
	}
	if err := line(at+"name", e.Name, maxName); err != nil {
		return err
	}
	if err := id(at+"id", e.ID, maxID); err != nil {
		return err
	}
	if depth(map[string]any(e.Properties)) > maxDepth {
		return fault.Invalid(at+"properties", "depth", "Properties may be nested %d deep.", maxDepth)
	}
	text, err := json.Marshal(e.Properties)
	if err != nil || len(text) > maxProperties {
		return fault.Invalid(at+"properties", "max_length", "Properties may have at most %d bytes as JSON.", maxProperties)
	}
	if !numbers(map[string]any(e.Properties)) {
		return fault.Invalid(at+"properties", "number", "A number in properties must be one that a double can come near to.")
	}
	return nil
}

// line fails for a text that is not one line of at most so many characters.
func line(field, text string, most int) error {
	switch {
	case utf8.RuneCountInString(text) > most:
		return fault.Invalid(field, "max_length", "%s may have at most %d characters.", field, most)
	case strings.ContainsFunc(text, unicode.IsControl):
		return fault.Invalid(field, "no_control", "%s may not hold line breaks or other control characters.", field)
	}
	return nil
}

// id fails for an id that is not one line of at most so many bytes.
func id(field, text string, most int) error {
	if len(text) > most {
		return fault.Invalid(field, "max_length", "%s may have at most %d bytes.", field, most)
	}
	return line(field, text, most)
}

// depth is how deep a JSON value is nested: 1 for an object of plain values.
func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

// numbers reports whether all numbers of a JSON value are within the range of a
// double, whatever their digits: beyond it PostgreSQL keeps none.
func numbers(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			if !numbers(item) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !numbers(item) })
	case json.Number:
		near, err := v.Float64()
		mantissa, _, _ := strings.Cut(strings.ToLower(v.String()), "e")
		return err == nil && (near != 0 || !strings.ContainsAny(mantissa, "123456789"))
	}
	return true
}

func (b Batch) rows(ctx context.Context, v auth.Viewer, now time.Time) []row {
	var user *ident.User
	who := "address:" + auth.Address(ctx)
	switch {
	case v.User != nil:
		id := v.ID()
		user, who = &id, fmt.Sprint("user:", id)
	case b.DeviceID != "":
		who = "device:" + b.DeviceID
	}
	rows := make([]row, len(b.Events))
	for i, e := range b.Events {
		rows[i] = row{
			user: user, name: e.Name, at: e.At, received: now, properties: e.Properties,
			platform: some(b.Platform), version: some(b.AppVersion), device: some(b.DeviceID),
		}
		if e.ID != "" {
			sum := sha256.Sum256([]byte(who + "\x00" + e.ID))
			key := hex.EncodeToString(sum[:])
			rows[i].key = &key
		}
	}
	return rows
}

func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// write stores what waits until the recorder is closed and nothing does.
func (r *Recorder) write(ctx context.Context) {
	defer close(r.done)
	for {
		rows, more := r.take()
		if len(rows) > 0 {
			r.save(ctx, rows)
			continue
		}
		if !more {
			return
		}
		<-r.wake
	}
}

// take takes what goes into the next statement; more is false once nothing can
// come any more.
func (r *Recorder) take() (rows []row, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), maxWritten)
	rows, r.waiting = r.waiting[:n:n], r.waiting[n:]
	if len(r.waiting) == 0 {
		r.waiting = nil
	}
	if n == 0 {
		select {
		case <-r.idle:
		default:
			close(r.idle)
		}
	}
	return rows, !r.closed
}

// save writes the rows in one statement; where one of them cannot be written, such
// as that of a person who is gone, the others are written one by one.
func (r *Recorder) save(ctx context.Context, rows []row) {
	err := r.insist(ctx, rows)
	if err != nil && ctx.Err() == nil && len(rows) > 1 {
		for _, one := range rows {
			r.save(ctx, []row{one})
		}
		return
	}
	if err != nil {
		r.options.Dropped(len(rows))
		r.options.Log.WarnContext(ctx, "client events were not stored", "events", len(rows), "error", err)
		return
	}
	r.options.Stored(len(rows))
}

// insist writes the rows, and tries again while the database is not available, until
// the context ends. What is told meanwhile waits, as much as there is room for. Where
// the connection breaks during the commit, events without an id may be stored twice.
func (r *Recorder) insist(ctx context.Context, rows []row) error {
	wait := firstPause
	for {
		err := r.insert(ctx, rows)
		if fault.CodeOf(err) != fault.Unavailable || ctx.Err() != nil {
			return err
		}
		r.options.Log.DebugContext(ctx, "client events wait for the database", "events", len(rows), "cause", err)
		r.pause(ctx, wait)
		wait = min(2*wait, longestPause)
	}
}

func (r *Recorder) insertRows(ctx context.Context, rows []row) error {
	return r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		create := make([]*db.ClientEventCreate, len(rows))
		for i, e := range rows {
			create[i] = tx.ClientEvent.Create().SetNillableUserID(e.user).SetNillableEventKey(e.key).
				SetName(e.name).SetClientTime(e.at).SetReceivedAt(e.received).SetProperties(e.properties).
				SetNillablePlatform(e.platform).SetNillableAppVersion(e.version).SetNillableDeviceID(e.device)
		}
		return tx.ClientEvent.CreateBulk(create...).
			OnConflict(sql.ConflictColumns(clientevent.FieldEventKey), sql.DoNothing()).Exec(ctx)
	})
}

// Settle waits until all that was taken is written.
func (r *Recorder) Settle(ctx context.Context) error {
	r.mu.Lock()
	idle := r.idle
	r.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("settle client events: %w", ctx.Err())
	}
}

// Close takes no more events and waits for those that were taken, as long as the
// context lasts.
func (r *Recorder) Close(ctx context.Context) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
	defer context.AfterFunc(ctx, r.cut)()
	<-r.done
	r.cut()
}

// Forget removes what was received longer ago than the age.
func (r *Recorder) Forget(ctx context.Context, age time.Duration) error {
	before := r.clock().Add(-age)
	for {
		old, err := r.store.Reader().ClientEvent.Query().Where(clientevent.ReceivedAtLT(before)).
			Order(clientevent.ByReceivedAt()).Limit(forgotten).IDs(ctx)
		if err != nil {
			return fmt.Errorf("look for old events: %w", err)
		}
		if len(old) == 0 {
			return nil
		}
		err = r.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ClientEvent.Delete().Where(store.In(clientevent.FieldID, old)).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("remove old events: %w", err)
		}
	}
}
