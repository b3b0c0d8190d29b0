//go:build !unix

package pgtemp

import "context"

func sharedFolder() string { return "" }

func use(context.Context, string) (string, func(), error) { return "", nil, ErrNone }

// Own is a server that one process has for itself and may restart.
type Own struct{ URL string }

// StartOwn fails: only URL finds a server here.
func StartOwn(context.Context) (*Own, error) { return nil, ErrNone }

// Restart does nothing.
func (*Own) Restart() error { return nil }

// Close does nothing.
func (*Own) Close() error { return nil }
