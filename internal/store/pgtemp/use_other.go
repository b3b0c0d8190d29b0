//go:build !unix

package pgtemp

import "context"

func sharedFolder() string { return "" }

func use(context.Context, string) (string, func(), error) { return "", nil, ErrNone }
