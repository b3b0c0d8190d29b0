// Command crowd measures what many who watch cost a server: it starts one in a
// process of its own, subscribes to the progress of a test thousands of times,
// takes the test, and tells how much memory each subscriber took, how long it was
// from the answer to the last delivery, how much longer while some never read what
// they are sent, and what is left of it all when they have gone.
//
//	go run ./internal/server/crowd
//	go run ./internal/server/crowd -over sse -watchers 5000 -stalled 200
//	go run ./internal/server/crowd -database postgres://… -tests 100
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// plan is what is measured.
type plan struct {
	watchers, stalled, tests int
	over                     string
	database                 string
}

func main() {
	var p plan
	flag.IntVar(&p.watchers, "watchers", 5000, "how many watch")
	flag.IntVar(&p.stalled, "stalled", 200, "how many more subscribe and never read")
	flag.IntVar(&p.tests, "tests", 1, "how many tests they watch, each as many")
	flag.StringVar(&p.over, "over", "websocket", "websocket or sse")
	flag.StringVar(&p.database, "database", "", "postgres://… of an empty database; a SQLite file of its own if empty")
	flag.Parse()
	run := p.run
	if os.Getenv(asServer) != "" {
		run = serve
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

// run measures.
func (p plan) run(ctx context.Context) (err error) {
	if p.over != "websocket" && p.over != "sse" {
		return fmt.Errorf("-over is %q: want websocket or sse", p.over)
	}
	if p.watchers < 1 || p.tests < 1 || p.tests > p.watchers || p.stalled < 0 {
		return errors.New("want watchers, and tests of which there are no more than watchers")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	folder, err := os.MkdirTemp("", "aiq-crowd-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if p.database == "" {
		p.database = "sqlite://" + filepath.Join(folder, "crowd.db")
	}
	s, err := start(ctx, p.database, 1+2*p.tests)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()

	fmt.Printf("%d subscribers over %s, %d tests\n", p.watchers, p.over, p.tests)
	// The first subscriber brings to life what all share.
	if err := p.round(ctx, s, "one subscriber, to warm up", 1, 0); err != nil {
		return err
	}
	if err := p.round(ctx, s, "all read", p.watchers, 0); err != nil {
		return err
	}
	if p.stalled == 0 {
		return nil
	}
	return p.round(ctx, s, fmt.Sprintf("%d more never read", p.stalled), p.watchers, p.stalled)
}

// round has a crowd come, tests taken, and the crowd go.
func (p plan) round(ctx context.Context, s *server, name string, watchers, stalled int) error {
	before, err := s.stats()
	if err != nil {
		return err
	}
	tests, err := s.begin(ctx, min(p.tests, watchers))
	if err != nil {
		return err
	}
	c := newCrowd(s, p.over)
	defer c.leave()
	began := time.Now()
	if err := c.come(ctx, tests, watchers, stalled); err != nil {
		return err
	}
	came := time.Since(began)
	full, err := s.stats()
	if err != nil {
		return err
	}
	var waits, answers []time.Duration
	for _, t := range tests {
		some, took, err := c.take(ctx, t)
		if err != nil {
			return err
		}
		waits, answers = append(waits, some...), append(answers, took...)
	}
	served, err := s.stats()
	if err != nil {
		return err
	}
	cut := 0
	if stalled > 0 {
		cut = c.cut()
	}
	c.leave()
	left, err := s.settled(before)
	if err != nil {
		return err
	}
	if watchers == 1 {
		return nil
	}
	n := watchers + stalled
	fmt.Printf("\n%s\n", name)
	fmt.Printf("  memory for each subscriber  %6.1f KiB resident, %.1f KiB of heap and stacks (%d connected in %.1f s)\n",
		kib(full.Resident-before.Resident, n), kib(full.InUse-before.InUse, n), n, came.Seconds())
	fmt.Printf("  after %d events each        %6.1f KiB resident, %.1f KiB of heap and stacks\n",
		len(waits)/len(tests), kib(served.Resident-before.Resident, n), kib(served.InUse-before.InUse, n))
	fmt.Printf("  from an answer's being sent to its reply        median %s, longest %s\n", median(answers), slices.Max(answers))
	fmt.Printf("  from an answer's being sent to the last event   median %s, longest %s\n", median(waits), slices.Max(waits))
	fmt.Printf("  goroutines                  %d before, %d with all, %d after\n", before.Goroutines, full.Goroutines, left.Goroutines)
	fmt.Printf("  memory                      %s before, %s with all, %s after (heap and stacks in use)\n",
		mib(before.InUse), mib(full.InUse), mib(left.InUse))
	if stalled > 0 {
		fmt.Printf("  never read                  %d, of whom %d were cut\n", stalled, cut)
	}
	return nil
}

func kib(bytes int64, n int) float64 { return float64(bytes) / 1024 / float64(n) }
func mib(bytes int64) string         { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2].Round(10 * time.Microsecond)
}

// server is the server that is measured, seen from outside.
type server struct {
	ready
	cmd    *exec.Cmd
	orders io.WriteCloser
	lines  *bufio.Reader
	next   int
}

// start starts the program again, as a server.
func start(ctx context.Context, database string, people int) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.CommandContext(ctx, program)}
	s.cmd.Env = append(os.Environ(), asServer+"="+database, withPeople+"="+strconv.Itoa(people))
	s.cmd.Stderr = os.Stderr
	if s.orders, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.lines = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	return s, s.read(&s.ready)
}

func (s *server) stop() error {
	return errors.Join(s.orders.Close(), s.cmd.Wait())
}

func (s *server) read(into any) error {
	line, err := s.lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the server has ended: %w", err)
	}
	return json.Unmarshal(line, into)
}

// stats asks the server for what it holds, after it has given back what it can.
func (s *server) stats() (out stats, err error) {
	if _, err := io.WriteString(s.orders, "stats\n"); err != nil {
		return out, err
	}
	return out, s.read(&out)
}

// settled waits until the server has as many goroutines as before.
func (s *server) settled(before stats) (out stats, err error) {
	for range 100 {
		out, err = s.stats()
		if err != nil || out.Goroutines <= before.Goroutines+10 {
			return out, err
		}
		<-time.After(100 * time.Millisecond)
	}
	return out, nil
}

// taken is a test that is being taken.
type taken struct {
	client servertest.Client
	at     servertest.Step
}

// begin starts tests of people who have not taken one yet.
func (s *server) begin(ctx context.Context, n int) (out []*taken, err error) {
	for range n {
		t := &taken{client: servertest.Client{URL: s.URL, Token: s.Takers[s.next]}}
		s.next++
		a, err := t.client.Do(ctx, servertest.StartTest, nil)
		if err != nil {
			return nil, err
		}
		var data struct{ StartTest servertest.Step }
		if err := decode(a, &data); err != nil {
			return nil, err
		}
		t.at = data.StartTest
		out = append(out, t)
	}
	return out, nil
}

// answer answers the open question.
func (t *taken) answer(ctx context.Context) error {
	a, err := t.client.Do(ctx, servertest.SubmitAnswer, servertest.Variables{
		"session": t.at.Session.ID, "question": t.at.Question.ID, "option": t.at.Question.Answer(t.at.Session.Answered%2 == 0),
	})
	if err != nil {
		return err
	}
	var data struct{ SubmitAnswer servertest.Step }
	err = decode(a, &data)
	t.at = data.SubmitAnswer
	return err
}

func decode(a servertest.Answer, into any) error {
	if len(a.Errors) > 0 {
		return fmt.Errorf("%s: %s", a.Code(), a.Errors[0].Message)
	}
	return json.Unmarshal(a.Data, into)
}
