//go:build unix

package pgtemp

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// useIn joins or starts the server of a folder that only this test knows.
func useIn(t *testing.T, folder string) (instance string, leave func()) {
	t.Helper()
	url, leave, err := use(t.Context(), folder)
	if errors.Is(err, ErrNone) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(leave)
	require.NoError(t, ping(t.Context(), url))
	_, instance, found := strings.Cut(url, "&host=")
	require.True(t, found, url)
	return instance, leave
}

// ownFolder is short, for the path of a socket has a hundred characters at most.
func ownFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp(filepath.Dir(sharedFolder()), "pgtemp-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(folder, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	return folder
}

func requireGone(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, until(ctx, func() error {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return errors.New(path + " is still there")
		}
		return nil
	}))
}

func TestServerLivesAsLongAsItsUsers(t *testing.T) {
	t.Parallel()
	folder := ownFolder(t)
	instance, leaveFirst := useIn(t, folder)
	again, leaveSecond := useIn(t, folder)
	require.Equal(t, instance, again, "one server for all")

	leaveFirst()
	require.NoError(t, ping(t.Context(), socketURL(instance)), "someone still uses it")
	leaveSecond()
	requireGone(t, instance)
}

func TestServerThatLostItsKeeperIsClearedAway(t *testing.T) {
	t.Parallel()
	folder := ownFolder(t)
	dead, _ := useIn(t, folder)
	pid := keeperOf(t, dead)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))

	alive, leave := useIn(t, folder)
	require.NotEqual(t, dead, alive)
	require.NoDirExists(t, dead)
	leave()
	requireGone(t, alive)
}

// keeperOf is the process that runs the server: the parent of PostgreSQL's own,
// whose number is the first line of postmaster.pid.
func keeperOf(t *testing.T, instance string) int {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(instance, "data", "postmaster.pid"))
	require.NoError(t, err)
	postgres, _, _ := strings.Cut(string(file), "\n")
	out, err := exec.CommandContext(t.Context(), "ps", "-o", "ppid=", "-p", postgres).Output()
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err)
	require.Greater(t, pid, 1)
	return pid
}
