package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// client speaks GraphQL to the server as any app would.
type client struct {
	url   string
	token string
}

type request struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// read decodes the data of an answer, unless into is nil, or fails with its first
// error.
func (a answer) read(into any) error {
	if len(a.Errors) > 0 {
		return errors.New(a.Errors[0].Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(a.Data, into)
}

// do sends a query or a mutation by POST.
func (c client) do(ctx context.Context, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(request{query, variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var a answer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		return fmt.Errorf("read the answer (%s): %w", res.Status, err)
	}
	return a.read(into)
}

// message is a message of the graphql-transport-ws protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// subscribe calls each with every event until the stream completes.
func (c client) subscribe(ctx context.Context, query string, variables map[string]any, each func(answer) error) error {
	conn, res, err := websocket.Dial(ctx, strings.Replace(c.url, "http", "ws", 1)+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return fmt.Errorf("open the subscription: %w", err)
	}
	defer conn.CloseNow() //nolint:errcheck // the stream has been read to its end, or its error is reported
	if res.Body != nil {
		defer res.Body.Close()
	}
	hello, err := json.Marshal(map[string]string{"Authorization": "Bearer " + c.token})
	if err != nil {
		return err
	}
	asked, err := json.Marshal(request{query, variables})
	if err != nil {
		return err
	}
	if err := wsjson.Write(ctx, conn, message{Type: "connection_init", Payload: hello}); err != nil {
		return err
	}
	for {
		var m message
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			return fmt.Errorf("read the subscription: %w", err)
		}
		switch m.Type {
		case "connection_ack":
			err = wsjson.Write(ctx, conn, message{ID: "1", Type: "subscribe", Payload: asked})
		case "ping":
			err = wsjson.Write(ctx, conn, message{Type: "pong"})
		case "next":
			var a answer
			if err = json.Unmarshal(m.Payload, &a); err == nil {
				err = each(a)
			}
		case "error":
			return fmt.Errorf("the subscription was refused: %s", m.Payload)
		case "complete":
			return conn.Close(websocket.StatusNormalClosure, "")
		}
		if err != nil {
			return err
		}
	}
}

// signIn is a client with the account's token.
func signIn(ctx context.Context, url, email string) (client, error) {
	var data struct {
		SignIn struct {
			Tokens struct{ AccessToken string }
		}
	}
	err := client{url: url}.do(ctx, `mutation SignIn($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) { tokens { accessToken } }
}`, map[string]any{"email": email, "password": password}, &data)
	if err != nil {
		return client{}, fmt.Errorf("sign in as %s: %w", email, err)
	}
	return client{url, data.SignIn.Tokens.AccessToken}, nil
}
