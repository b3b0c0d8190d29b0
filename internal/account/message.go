package account

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/mail"
)

// linkedMessage says that a provider was linked, and whether that took the
// password away.
func linkedMessage(provider string, passwordRemoved bool) mail.Message {
	text := "From now on you may sign in to your account with " + provider + ".\n\n"
	if passwordRemoved {
		text += "Nobody had yet shown that this address is theirs. So the password that was set is no longer good, " +
			"and every device was signed out. If you want a password, ask for a new one in the app.\n\n"
	}
	return mail.Message{
		Subject: "Your account is linked with " + provider,
		Text:    text + "If that was not you, ask for a new password in the app at once.\n",
	}
}

// farewell says that the account has ended.
func farewell() mail.Message {
	return mail.Message{
		Subject: "Your account was deleted",
		Text: "Your account was deleted, and what was kept about you is being removed. Nobody can sign in to it any more.\n\n" +
			"If you want to use the app again, register anew.\n",
	}
}

// resetMessage holds a reset token, in the link if one is configured.
func resetMessage(link, token string) mail.Message {
	way := "Give this token to the app:\n\n" + token
	if link != "" {
		way = "Open this link:\n\n" + strings.ReplaceAll(link, "{token}", url.QueryEscape(token))
	}
	return mail.Message{
		Subject: "Set a new password",
		Text: fmt.Sprintf("Someone asked for a new password for your account. If that was you, go on within %d minutes.\n\n%s\n\n"+
			"If it was not you, there is nothing to do.\n", int(resetLife.Minutes()), way),
	}
}

// send sends the message to the person, if they have an address.
func (s *Service) send(ctx context.Context, u *db.User, m mail.Message) error {
	if u.Email == nil {
		return nil
	}
	m.To = *u.Email
	return s.mail.Send(ctx, m)
}
