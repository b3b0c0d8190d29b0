package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	// watching is what those subscribe to who read.
	watching = `subscription ($id: ID!) { sessionProgress(sessionId: $id) { version state answered estimatedRemaining perDomain { domain answered } } }`
	// answered is what those subscribe to again and again who do not: events that are
	// more than a connection holds.
	answered = `responses { id servedAt answeredAt question { id text options { id label } } }`
	// atOnce is how many connect at a time.
	atOnce = 50
	// patience bounds every wait.
	patience = time.Minute
)

// crowd are those who watch.
type crowd struct {
	server *server
	over   string
	life   context.Context
	end    context.CancelFunc
	all    sync.WaitGroup

	// heard counts who has heard of each version of each test.
	heard map[string]*audience

	mu      sync.Mutex
	stalled []net.Conn
}

// audience is those who watch one test.
type audience struct {
	size   int
	counts [200]atomic.Int64
	// last is told the version that the last of them has heard of.
	last chan int
}

func newCrowd(s *server, over string) *crowd {
	c := &crowd{server: s, over: over, heard: map[string]*audience{}}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// come has everybody subscribe and hear where the test stands.
func (c *crowd) come(ctx context.Context, tests []*taken, watchers, stalled int) error {
	for i, t := range tests {
		size := watchers / len(tests)
		if i < watchers%len(tests) {
			size++
		}
		c.heard[t.at.Session.ID] = &audience{size: size, last: make(chan int, 200)}
	}
	places := make(chan struct{}, atOnce)
	failed := make(chan error, watchers+stalled)
	var coming sync.WaitGroup
	for i := range watchers + stalled {
		id := tests[i%len(tests)].at.Session.ID
		places <- struct{}{}
		coming.Go(func() {
			defer func() { <-places }()
			if i < watchers {
				failed <- c.watch(ctx, id)
			} else {
				failed <- c.stall(ctx, id)
			}
		})
	}
	coming.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return err
		}
	}
	for _, a := range c.heard {
		if err := a.until(1); err != nil {
			return err
		}
	}
	return nil
}

// take takes a test to its end, and gives for each answer how long it took until
// the last has heard of it, and until it was answered.
func (c *crowd) take(ctx context.Context, t *taken) (waits, answers []time.Duration, err error) {
	a := c.heard[t.at.Session.ID]
	for t.at.Question != nil {
		began := time.Now()
		if err := t.answer(ctx); err != nil {
			return nil, nil, err
		}
		answers = append(answers, time.Since(began))
		if err := a.until(t.at.Session.Version); err != nil {
			return nil, nil, err
		}
		waits = append(waits, time.Since(began))
	}
	return waits, answers, nil
}

// until waits until everybody has heard of a version.
func (a *audience) until(version int) error {
	limit := time.After(patience)
	for {
		select {
		case v := <-a.last:
			if v == version {
				return nil
			}
		case <-limit:
			return fmt.Errorf("%d of %d have heard of version %d", a.counts[version].Load(), a.size, version)
		}
	}
}

// hear notes that one more has heard of a version.
func (a *audience) hear(version int) {
	if int(a.counts[version].Add(1)) == a.size {
		a.last <- version
	}
}

// leave has everybody go.
func (c *crowd) leave() {
	c.end()
	c.all.Wait()
	for _, conn := range c.stalled {
		_ = conn.Close()
	}
}

// stall subscribes, and then never reads.
func (c *crowd) stall(ctx context.Context, id string) error {
	var query strings.Builder
	query.WriteString(`subscription ($id: ID!) { sessionProgress(sessionId: $id) { version session {`)
	for i := range 30 {
		fmt.Fprintf(&query, " a%d: %s", i, answered)
	}
	query.WriteString(` } } }`)
	conn, err := c.request(ctx, id, query.String(), 4096)
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 200 OK"))); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stalled = append(c.stalled, conn)
	return nil
}

// cut is how many of those who do not read the server has cut off, once it has
// had the time. What they were sent before is still there to be read.
func (c *crowd) cut() (n int) {
	<-time.After(15 * time.Second)
	for _, conn := range c.stalled {
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := io.Copy(io.Discard, conn); !errors.Is(err, os.ErrDeadlineExceeded) {
			n++
		}
	}
	return n
}

// watch subscribes, and goes on reading until the crowd leaves.
func (c *crowd) watch(ctx context.Context, id string) error {
	read, err := c.open(ctx, id, watching)
	if err != nil {
		return err
	}
	a := c.heard[id]
	c.all.Go(func() {
		for {
			text, err := read()
			if err != nil {
				return
			}
			if version, found := versionIn(text); found {
				a.hear(version)
			}
		}
	})
	return nil
}

// versionIn finds the version that an event tells.
func versionIn(text []byte) (version int, found bool) {
	_, after, found := bytes.Cut(text, []byte(`"version":`))
	for _, digit := range after {
		if digit < '0' || digit > '9' {
			break
		}
		version = 10*version + int(digit-'0')
	}
	return version, found
}

func (c *crowd) open(ctx context.Context, id, query string) (func() ([]byte, error), error) {
	if c.over == "websocket" {
		return c.webSocket(ctx, id, query)
	}
	return c.eventStream(ctx, id, query)
}

func (c *crowd) payload(id, query string) []byte {
	raw, _ := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"id": id}})
	return raw
}

func (c *crowd) webSocket(ctx context.Context, id, query string) (func() ([]byte, error), error) {
	conn, res, err := websocket.Dial(ctx, strings.Replace(c.server.URL, "http", "ws", 1),
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return nil, err
	}
	if res.Body != nil {
		_ = res.Body.Close()
	}
	context.AfterFunc(c.life, func() { _ = conn.CloseNow() })
	send := func(text string) error { return conn.Write(ctx, websocket.MessageText, []byte(text)) }
	if err := send(fmt.Sprintf(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, c.server.Admin)); err != nil {
		return nil, err
	}
	if _, _, err := conn.Read(ctx); err != nil { // connection_ack
		return nil, err
	}
	if err := send(fmt.Sprintf(`{"id":"1","type":"subscribe","payload":%s}`, c.payload(id, query))); err != nil {
		return nil, err
	}
	return func() ([]byte, error) {
		for {
			_, text, err := conn.Read(c.life)
			if err != nil {
				return nil, err
			}
			if bytes.Contains(text, []byte(`"ping"`)) {
				if err := conn.Write(c.life, websocket.MessageText, []byte(`{"type":"pong"}`)); err != nil {
					return nil, err
				}
				continue
			}
			return text, nil
		}
	}, nil
}

func (c *crowd) eventStream(ctx context.Context, id, query string) (func() ([]byte, error), error) {
	conn, err := c.request(ctx, id, query, 0)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(c.life, func() { _ = conn.Close() })
	lines := bufio.NewReaderSize(conn, 1024)
	return func() ([]byte, error) { return lines.ReadBytes('\n') }, nil
}

// request opens an event stream on a connection of its own.
func (c *crowd) request(ctx context.Context, id, query string, buffer int) (net.Conn, error) {
	u, err := url.Parse(c.server.URL)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if buffer > 0 {
		if err := conn.(*net.TCPConn).SetReadBuffer(buffer); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.URL, bytes.NewReader(c.payload(id, query)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+c.server.Admin)
	return conn, req.Write(conn)
}
