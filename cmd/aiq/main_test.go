package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// asCommand is set for a process in which this test program is the command.
const asCommand = "AIQ_TEST_AS_COMMAND"

// secret is what every server of a test signs with.
const secret = "a secret of more than thirty-two bytes"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command is the command in a process of its own, in an empty folder.
func command(t *testing.T, databaseURL string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{
		asCommand + "=1", "DATABASE_URL=" + databaseURL, "AIQ_PASSWORD=" + servertest.Password,
		"AIQ_SECRET=" + secret, "AIQ_RATE_LIMITS=false",
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR"),
	}
	return cmd
}

// aiq runs the command to its end and gives back what it wrote.
func aiq(t *testing.T, databaseURL string, args ...string) (out, problems string, err error) {
	t.Helper()
	cmd := command(t, databaseURL, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// process is a running "aiq serve".
type process struct {
	cmd         *exec.Cmd
	client      servertest.Client
	databaseURL string
	// logs is what it wrote since it began to serve, once it has ended.
	logs chan string
}

// serving starts the server and waits until it serves.
func serving(t *testing.T, databaseURL string, flags ...string) *process {
	t.Helper()
	return servingIn(t, nil, databaseURL, flags...)
}

// servingIn is serving with more variables in the environment.
func servingIn(t *testing.T, environment []string, databaseURL string, flags ...string) *process {
	t.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)
	p := &process{cmd: command(t, databaseURL, args...), databaseURL: databaseURL, logs: make(chan string, 1)}
	p.cmd.Env = append(p.cmd.Env, environment...)
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadBytes('\n')
		require.NoError(t, err, "%s", line)
		var record struct{ Msg, Address string }
		require.NoError(t, json.Unmarshal(line, &record), "%s", line)
		if record.Msg == "serving" {
			p.client.URL = "http://" + record.Address + "/graphql"
			break
		}
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		p.logs <- string(rest)
	}()
	return p
}

// end sends the signal and waits for the process to end.
func (p *process) end(t *testing.T, signal syscall.Signal) (logs string, err error) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(signal))
	select {
	case logs = <-p.logs:
	case <-time.After(time.Minute):
		t.Fatal("the server does not stop")
	}
	return logs, p.cmd.Wait()
}

// register is a client signed in as a new person.
func (p *process) register(t *testing.T, email string) servertest.Client {
	t.Helper()
	var data struct {
		Register struct{ Tokens struct{ AccessToken string } }
	}
	p.client.Get(t, &data, `mutation Register($email: String!, $password: String!) {
  register(input: {email: $email, password: $password}) { tokens { accessToken } }
}`, servertest.Variables{"email": email, "password": servertest.Password})
	out := p.client
	out.Token = data.Register.Tokens.AccessToken
	return out
}

// bankFile is a file with test items.
func bankFile(t *testing.T, n int) string {
	t.Helper()
	return bankFileOf(t, servertest.Items(n, 1.3))
}

// bankFileOf is a file with these questions.
func bankFileOf(t *testing.T, records []bankfile.Record) string {
	t.Helper()
	var content bytes.Buffer
	require.NoError(t, bankfile.Write(&content, records))
	return writeFile(t, "bank.jsonl", content.String())
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
