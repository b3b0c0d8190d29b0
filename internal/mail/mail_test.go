package mail_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/mail"
)

var message = mail.Message{To: "ada@example.org", Subject: "Zwölf", Text: "Open this link:\n\nhttps://example.org/?token=abc\n"}

// serveSMTP takes one message and gives back what it was sent.
func serveSMTP(t *testing.T) (address string, sent <-chan string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	out := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = listener.Close()
		defer conn.Close()
		var all strings.Builder
		lines := bufio.NewScanner(conn)
		say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
		say("220 here")
		for inData := false; lines.Scan(); {
			line := lines.Text()
			all.WriteString(line + "\n")
			switch {
			case inData && line == ".":
				inData = false
				say("250 taken")
			case inData:
			case strings.HasPrefix(line, "DATA"):
				inData = true
				say("354 go on")
			case strings.HasPrefix(line, "QUIT"):
				say("221 bye")
				out <- all.String()
				return
			default:
				say("250 fine")
			}
		}
	}()
	return listener.Addr().String(), out
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	address, sent := serveSMTP(t)
	sender, err := mail.Open("smtp://"+address+"?tls=none", "AIQ <aiq@example.org>", nil)
	require.NoError(t, err)
	require.NoError(t, sender.Send(t.Context(), message))
	text := <-sent
	for _, want := range []string{"MAIL FROM:<aiq@example.org>", "RCPT TO:<ada@example.org>", "Subject: =?UTF-8?q?Zw=C3=B6lf?=", "token=3Dabc"} {
		require.Contains(t, text, want)
	}
	require.Error(t, sender.Send(t.Context(), message), "nobody answers any more")
	bad := message
	bad.To = "ada@example.org\r\nBcc: all@example.org"
	require.ErrorContains(t, sender.Send(t.Context(), bad), "compose")
}

func TestAServerWithoutEncryptionIsGivenNothing(t *testing.T) {
	t.Parallel()
	address, _ := serveSMTP(t)
	sender, err := mail.Open("smtp://user:password@"+address, "aiq@example.org", nil)
	require.NoError(t, err)
	require.Error(t, sender.Send(t.Context(), message))
}

func TestFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "mail")
	sender, err := mail.Open("file://"+folder, "", nil)
	require.NoError(t, err)
	require.NoError(t, sender.Send(t.Context(), message))
	require.NoError(t, sender.Send(t.Context(), message))
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Contains(t, string(text), "To: <ada@example.org>")
}

func TestLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	sender, err := mail.Open("log:", "", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.NoError(t, sender.Send(t.Context(), message))
	require.Contains(t, log.String(), "token=abc")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for rawURL, says := range map[string]string{
		"pigeon://coop":                    "pigeon",
		"smtp://":                          "host",
		"smtps://u:hunter2hunter2@h:port":  "well formed",
		"smtp://u:hunter2hunter2@":         "host",
		"file://":                          "folder",
		"smtp://u:hunter2hunter2@h:465/%z": "well formed",
	} {
		_, err := mail.Open(rawURL, "aiq@example.org", nil)
		require.ErrorContains(t, err, says, rawURL)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := mail.Open("smtp://host", "", nil)
	require.ErrorContains(t, err, "address")
	none, err := mail.Open("", "", nil)
	require.NoError(t, err)
	require.Error(t, none.Send(t.Context(), message))
}
