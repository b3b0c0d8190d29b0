package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/aiqhq/aiq/internal/fault"
)

// sendLimit bounds the time of sending one message.
const sendLimit = 30 * time.Second

type smtp struct {
	client *gomail.Client
	from   string
}

func openSMTP(u *url.URL, from string) (Sender, error) {
	if u.Hostname() == "" || from == "" {
		return nil, errors.New("mail: SMTP needs a host and the address that mail comes from")
	}
	options := []gomail.Option{gomail.WithTimeout(sendLimit)}
	switch {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSL(), gomail.WithPort(gomail.DefaultPortSSL))
	case u.Query().Get("tls") == "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(gomail.DefaultPort))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(gomail.DefaultPortTLS))
	}
	if text := u.Port(); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil {
			return nil, errors.New("mail: the port is not a number")
		}
		options = append(options, gomail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return smtp{client, from}, nil
}

func (s smtp) Send(ctx context.Context, m Message) error {
	out, err := compose(m, s.from)
	if err != nil {
		return err
	}
	if err := s.client.DialAndSendWithContext(ctx, out); err != nil {
		var refused *gomail.SendError
		if errors.As(err, &refused) && !refused.IsTemp() {
			return fmt.Errorf("send mail: %w", err)
		}
		return fault.New(fault.Unavailable, "The mail server is not available. Try again later.").Because(err)
	}
	return nil
}

// compose gives the message its form on the wire.
func compose(m Message, from string) (*gomail.Msg, error) {
	out := gomail.NewMsg()
	if err := errors.Join(out.From(from), out.To(m.To)); err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	out.Subject(m.Subject)
	out.SetDate()
	out.SetMessageID()
	out.SetBodyString(gomail.TypeTextPlain, m.Text)
	return out, nil
}

// folder keeps messages as files.
type folder struct{ path, from string }

func openFolder(path, from string) (Sender, error) {
	if path == "" {
		return nil, errors.New("mail: file: needs the path of a folder")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if from == "" {
		from = "aiq@localhost"
	}
	return folder{path, from}, nil
}

func (f folder) Send(_ context.Context, m Message) error {
	out, err := compose(m, f.from)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(f.path, time.Now().UTC().Format("20060102-150405")+"-*.eml")
	if err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	if _, err := out.WriteTo(file); err != nil {
		return errors.Join(fmt.Errorf("keep mail in %s: %w", filepath.Base(file.Name()), err), file.Close())
	}
	return file.Close()
}
