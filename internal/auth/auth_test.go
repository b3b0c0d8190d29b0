package auth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/vocab"
)

func TestViewerMayDoWhatTheRoleSays(t *testing.T) {
	t.Parallel()
	as := func(role vocab.Role) auth.Viewer { return auth.Viewer{User: &db.User{ID: 7, Role: role}} }
	for name, c := range map[string]struct {
		viewer           auth.Viewer
		taker, admin     fault.Code
		own, others      bool
		anonymous, admit bool
	}{
		"anonymous": {auth.Viewer{}, fault.Unauthenticated, fault.Unauthenticated, false, false, true, false},
		"taker":     {as(vocab.Taker), "", fault.Forbidden, true, false, false, false},
		"admin":     {as(vocab.Admin), "", "", true, true, false, true},
		"service":   {as(vocab.Service), fault.Forbidden, fault.Forbidden, true, false, false, false},
	} {
		require.Equal(t, c.taker, fault.CodeOf(c.viewer.Require(vocab.Taker)), name)
		require.Equal(t, c.admin, fault.CodeOf(c.viewer.Require(vocab.Admin)), name)
		require.Equal(t, c.own, c.viewer.MaySee(7), name)
		require.Equal(t, c.others, c.viewer.MaySee(8), name)
		require.False(t, auth.Viewer{}.MaySee(0), "nobody's is not everybody's")
		require.Equal(t, c.anonymous, c.viewer.Anonymous(), name)
		require.Equal(t, c.admit, c.viewer.IsAdmin(), name)
		require.Equal(t, c.viewer, auth.From(auth.With(context.Background(), c.viewer)), name)
	}
	require.True(t, auth.From(context.Background()).Anonymous())
}
