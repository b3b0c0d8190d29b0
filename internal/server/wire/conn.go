package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// timed is a connection each of whose writes must pass in time. The deadline of
// the connection itself does that without a goroutine or a context for each.
type timed struct {
	net.Conn
	timeout time.Duration
}

// Write implements [net.Conn].
func (c timed) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if tcp, ok := c.Conn.(*net.TCPConn); ok && errors.Is(err, os.ErrDeadlineExceeded) {
		// What the client does not take is not kept for it.
		_ = tcp.SetLinger(0)
	}
	return n, err
}

const (
	// readBuffer and writeBuffer are enough for usual messages. Larger ones pass them by.
	readBuffer  = 512
	writeBuffer = 256
	// sendBuffer bounds what the operating system holds for a client that does not
	// read: left to itself it would be megabytes. Its writes wait then, and are cut.
	sendBuffer = 64 << 10
)

// taken is a response writer whose connection is taken over with small buffers:
// those of net/http, 4 KiB each, would stay as long as the connection.
type taken struct {
	http.ResponseWriter
	timeout time.Duration
}

// Hijack implements [http.Hijacker].
func (t taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(sendBuffer); err != nil {
			_ = conn.Close()
			return nil, nil, err
		}
	}
	out := timed{conn, t.timeout}
	// What the client has sent already must lie in the buffer, not behind it.
	early, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	in := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn), max(readBuffer, len(early)))
	if _, err := in.Peek(len(early)); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return out, bufio.NewReadWriter(in, bufio.NewWriterSize(out, writeBuffer)), nil
}
