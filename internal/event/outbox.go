package event

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aiqhq/aiq/internal/ident"
)

// outbox holds notices until they are sent: of each thing the newest.
type outbox struct {
	// sender names this process, so that it knows its own notices when it hears
	// them.
	sender string
	log    *slog.Logger

	mu      sync.Mutex
	waiting map[ident.Global]int
	filled  chan struct{}
}

func newOutbox(log *slog.Logger) *outbox {
	return &outbox{sender: rand.Text(), log: log, waiting: map[ident.Global]int{}, filled: make(chan struct{}, 1)}
}

// mostWaiting is how many things' notices wait while they cannot be sent. Those
// who hear of no more look versions up.
const mostWaiting = 10_000

// Send implements Bus.
func (o *outbox) Send(n Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if version, there := o.waiting[n.Of]; there || len(o.waiting) < mostWaiting {
		o.waiting[n.Of] = max(version, n.Version)
	}
	select {
	case o.filled <- struct{}{}:
	default:
	}
}

// messageSize bounds a message in bytes: PostgreSQL carries fewer than 8,000.
const messageSize = 4000

// take empties the outbox into messages.
func (o *outbox) take() (messages []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var message strings.Builder
	for of, version := range o.waiting {
		if message.Len() > messageSize {
			messages = append(messages, message.String())
			message.Reset()
		}
		if message.Len() == 0 {
			message.WriteString(o.sender)
		}
		message.WriteByte(' ')
		message.WriteString(string(of.Kind))
		message.WriteByte(':')
		message.WriteString(strconv.FormatInt(of.Key, 10))
		message.WriteByte(':')
		message.WriteString(strconv.Itoa(version))
	}
	if message.Len() > 0 {
		messages = append(messages, message.String())
	}
	clear(o.waiting)
	return messages
}

// read gives the notices of a message that another process sent. What it does not
// understand, it leaves out: a newer AIQ may say more.
func (o *outbox) read(message string, changed func(Notice)) {
	words := strings.Fields(message)
	if len(words) == 0 || words[0] == o.sender {
		return
	}
	for _, word := range words[1:] {
		part := strings.Split(word, ":")
		if len(part) != 3 {
			continue
		}
		key, err := strconv.ParseInt(part[1], 10, 64)
		version, err2 := strconv.Atoi(part[2])
		if err == nil && err2 == nil {
			changed(Notice{Of: ident.Global{Kind: ident.Kind(part[0]), Key: key}, Version: version})
		}
	}
}

// lastSend bounds what is sent when the process stops.
const lastSend = 2 * time.Second

// run sends what comes into the outbox until the context ends, and then what is
// left. What cannot be sent is sent again.
func (o *outbox) run(ctx context.Context, send func(ctx context.Context, messages []string) error) {
	for open := true; open; {
		select {
		case <-o.filled:
		case <-ctx.Done():
			open = false
		}
		messages := o.take()
		for wait := firstWait; len(messages) > 0; wait = min(2*wait, longestWait) {
			stopping := ctx.Err() != nil
			err := sendIn(ctx, stopping, send, messages)
			if err == nil || stopping {
				break
			}
			if wait == firstWait && ctx.Err() == nil {
				o.log.WarnContext(ctx, "other processes do not hear of changes", "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
	}
}

// sendIn is the try of a process that goes on, or the last one of one that stops.
func sendIn(ctx context.Context, stopping bool, send func(context.Context, []string) error, messages []string) error {
	if !stopping {
		return send(ctx, messages)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSend)
	defer cancel()
	return send(ctx, messages)
}
