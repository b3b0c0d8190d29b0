package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

type replay struct {
	database `embed:""`
	Sessions []string `arg:"" optional:"" name:"session" help:"Tests by their global id or number."`
	All      bool     `help:"Every completed test. Those that agree are counted and not shown."`
	JSON     bool     `help:"JSON, one line for each test, instead of tables."`
}

// Run replays tests and fails if one disagrees with what is stored.
func (c *replay) Run(ctx context.Context, t *terminal) (err error) {
	if c.All == (len(c.Sessions) > 0) {
		return errors.New("name the tests to replay, or ask for --all of them")
	}
	named := make([]ident.Session, len(c.Sessions))
	for i, name := range c.Sessions {
		if named[i], err = sessionNamed(name); err != nil {
			return err
		}
	}
	st, err := store.Open(ctx, c.URL, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()

	r := replays{replayer: session.NewReplayer(st), out: t.out, json: c.JSON, brief: c.All}
	if c.All {
		err = eachCompleted(ctx, st, r.replay)
	} else {
		for _, id := range named {
			if err = r.replay(ctx, id); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	return r.verdict()
}

// sessionNamed reads a session's global id or number.
func sessionNamed(name string) (ident.Session, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil && n > 0 {
		return ident.Session(n), nil
	}
	var id ident.Session
	if err := id.UnmarshalGQL(name); err != nil || id == 0 {
		return 0, fmt.Errorf("%q is neither a test's global id nor its number", name)
	}
	return id, nil
}

// page is the number of sessions whose keys are read at once.
const page = 500

// eachCompleted calls fn for every completed session, oldest first.
func eachCompleted(ctx context.Context, st *store.Store, fn func(context.Context, ident.Session) error) error {
	for last := ident.Session(0); ; {
		ids, err := st.Reader().TestSession.Query().
			Where(testsession.StateEQ(vocab.Completed), testsession.IDGT(last)).
			Order(db.Asc(testsession.FieldID)).Limit(page).IDs(ctx)
		if err != nil {
			return fmt.Errorf("list the tests: %w", err)
		}
		for _, id := range ids {
			if err := fn(ctx, id); err != nil {
				return err
			}
			last = id
		}
		if len(ids) < page {
			return nil
		}
	}
}

// replays shows what replaying finds, test by test.
type replays struct {
	replayer *session.Replayer
	out      io.Writer
	// brief leaves out tests that agree.
	json, brief       bool
	done, disagreeing int
}

func (r *replays) replay(ctx context.Context, id ident.Session) error {
	found, err := r.replayer.Replay(ctx, id)
	if err != nil {
		return fmt.Errorf("replay test %d: %w", id, err)
	}
	r.done++
	if !found.Agrees() {
		r.disagreeing++
	}
	switch {
	case r.brief && found.Agrees():
		return nil
	case r.json:
		return json.NewEncoder(r.out).Encode(found)
	default:
		return writeReplay(r.out, found)
	}
}

// verdict sums up.
func (r *replays) verdict() error {
	if r.disagreeing > 0 {
		return fmt.Errorf("%d of %d tests do not agree with their replay", r.disagreeing, r.done)
	}
	if r.brief && !r.json {
		_, err := fmt.Fprintf(r.out, "%d tests agree with their replay\n", r.done)
		return err
	}
	return nil
}

func writeReplay(out io.Writer, r *session.Replay) error {
	fmt.Fprintf(out, "test %d  %s  %s\n", r.Session, r.Kind, r.State)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "position\tquestion\tright\ttheta\tse\tagrees\t")
	for _, s := range r.Steps {
		theta, se := "–", "–"
		if r.Kind == vocab.Adaptive {
			theta, se = fmt.Sprintf("%.3f", s.Theta), fmt.Sprintf("%.3f", s.StandardError)
		}
		fmt.Fprintf(table, "%d\t%d\t%s\t%s\t%s\t%s\t\n", s.Position, s.Question, yes(s.Correct), theta, se, yes(s.Agrees))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Stored != nil {
		fmt.Fprintf(out, "score %.3f, replayed %.3f\n", *r.Stored, *r.Replayed)
	}
	if r.Unchecked > 0 {
		fmt.Fprintf(out, "%d choices are not checked: the engine that made them was not recorded\n", r.Unchecked)
	}
	for _, d := range r.Disagreements {
		where := "test"
		if d.Position > 0 {
			where = fmt.Sprint("position ", d.Position)
		}
		fmt.Fprintf(out, "%s: %s is stored as %s and replayed as %s\n", where, d.About, d.Stored, d.Replayed)
	}
	return nil
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}
