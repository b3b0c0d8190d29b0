package session_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
)

// devices is how many a person has.
const devices = 2

// device is an app: what it believes to be true, from the replies that it read.
type device struct {
	test *seenTest
	// sent are its requests so far, and held those that are yet to leave it.
	sent, held []call
}

// person does things at random with two devices, and knows what must be true of it.
type person struct {
	*world
	tally
	model

	client   servertest.Client
	replayer *session.Replayer
	random   *rand.Rand
	devices  [devices]device
	// names counts those of requests, and log holds what was sent.
	names int
	log   []string
}

func newPerson(w *world, client servertest.Client, replayer *session.Replayer, seed uint64) *person {
	return &person{world: w, client: client, replayer: replayer, random: rand.New(rand.NewPCG(seed, 0)), model: newModel()}
}

func (p *person) chance(percent int) bool { return p.random.IntN(100) < percent }

// one is an element of the list, which must have some.
func one[T any](p *person, of []T) T { return of[p.random.IntN(len(of))] }

// live is the whole sequence: the turns, and at the end a look at what is stored.
func (p *person) live(ctx context.Context) error {
	for range turns {
		if err := p.turn(ctx); err != nil {
			return err
		}
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	return p.stored(ctx)
}

// turn sends some requests at the same time and judges the replies.
func (p *person) turn(ctx context.Context) error {
	n := 1
	if p.chance(40) {
		n += 1 + p.random.IntN(2)
	}
	out := make([]reply, n)
	for i := range out {
		out[i].device = p.random.IntN(devices)
		d := &p.devices[out[i].device]
		c := p.choose(d)
		if p.chance(12) {
			d.held = append(d.held, c)
			c = p.read()
		}
		d.sent = append(d.sent, c)
		out[i].call, out[i].cut, out[i].lost = c, p.chance(6), p.chance(12)
	}
	return p.exchange(ctx, out)
}

// exchange sends the calls at the same time and judges the replies.
func (p *person) exchange(ctx context.Context, out []reply) error {
	var sending sync.WaitGroup
	failed := make([]error, len(out))
	for i := range out {
		p.sending(out[i].call)
		sending.Go(func() {
			planned := out[i]
			out[i], failed[i] = planned.call.send(ctx, p.client, planned.cut)
			out[i].device, out[i].lost = planned.device, planned.lost
		})
	}
	sending.Wait()
	p.requests += len(out)
	if len(out) > 1 {
		p.together += len(out)
	}
	for i, r := range out {
		if failed[i] != nil {
			return failed[i]
		}
		p.log = append(p.log, fmt.Sprintf("%d of %d by device %d: %s -> cut %t lost %t %q", i+1, len(out), r.device, r.call, r.cut, r.lost, r.Code()))
		if r.cut {
			p.cut++
		} else {
			p.replies++
		}
	}
	if err := p.judge(ctx, out); err != nil {
		return err
	}
	for _, r := range out {
		p.notice(r)
	}
	return nil
}

// notice is what the device makes of a reply.
func (p *person) notice(r reply) {
	d := &p.devices[r.device]
	switch {
	case r.cut || r.lost:
	case r.test != nil:
		d.test = r.test
	case r.call.name == "read":
		d.test = nil
	case r.Code() == "SESSION_CLOSED" || r.Code() == "ACTIVE_SESSION_EXISTS":
		d.test = nil // and it reads before it goes on
	}
}

// choose is what the device does next, by what it believes.
func (p *person) choose(d *device) call {
	switch roll := p.random.IntN(100); {
	case len(d.held) > 0 && roll < 12:
		i := p.random.IntN(len(d.held))
		c := d.held[i]
		d.held = slices.Delete(d.held, i, i+1)
		return c
	case len(d.sent) > 0 && roll < 26:
		return d.sent[max(0, len(d.sent)-1-p.random.IntN(6))] // a retry, mostly of something late
	case d.test == nil && roll < 45:
		return p.read()
	case d.test == nil:
		return p.start()
	case roll < 32:
		return p.read()
	case roll < 36:
		return p.start()
	case roll < 38:
		return p.named(call{name: "abandon", query: modelAbandon, session: d.test.ID})
	case roll < 44:
		return p.answerAgain(d)
	case roll < 47:
		return p.look(d)
	case roll < 55 && d.test.Kind == "FIXED", len(d.test.OpenQuestions) == 0 && d.test.Kind == "FIXED":
		return p.submit(d)
	case len(d.test.OpenQuestions) == 0:
		return p.start()
	default:
		return p.answerOpen(d)
	}
}

// named completes a call about a test: mostly the request has a name.
func (p *person) named(c call) call {
	if c.variables == nil {
		c.variables = servertest.Variables{}
	}
	if c.session != "" {
		c.variables["session"] = c.session
	}
	switch roll := p.random.IntN(100); {
	case roll < 70:
		p.names++
		c.key = fmt.Sprint("name ", p.names)
	case roll < 73 && p.names > 0:
		c.key = fmt.Sprint("name ", 1+p.random.IntN(p.names)) // which stood for another perhaps
	default:
		return c
	}
	c.variables["key"] = c.key
	return c
}

func (p *person) read() call { return call{name: "read", query: modelRead} }

func (p *person) look(d *device) call {
	c := call{name: "look", query: modelLook, session: d.test.ID}
	if len(p.tests) > 0 && p.chance(50) {
		c.session = one(p, slices.Sorted(maps.Keys(p.tests)))
	}
	c.variables = servertest.Variables{"session": c.session}
	return c
}

func (p *person) start() call {
	c := call{name: "start", query: modelStart, variables: servertest.Variables{}}
	if p.chance(80) {
		c.variables["kind"] = one(p, []string{"ADAPTIVE", "FIXED"})
	}
	return p.named(c)
}

// option answers a question: right, wrong or, now and then, by what is none.
func (p *person) option(question string) string {
	if p.chance(4) {
		return one(p, []string{"z", "", p.items[question].key + " "})
	}
	if p.chance(50) {
		return p.items[question].key
	}
	return one(p, []string{"a", "b", "c", "d"})
}

func (p *person) answer(session, question, option string) call {
	return p.named(call{
		name: "answer", query: modelAnswer, session: session, answers: map[string]string{question: option},
		variables: servertest.Variables{"question": question, "option": option},
	})
}

// answerOpen answers an open question, or first ends its stimulus.
func (p *person) answerOpen(d *device) call {
	q := d.test.OpenQuestions[0]
	if p.chance(30) {
		q = one(p, d.test.OpenQuestions)
	}
	if q.Phase == "STIMULUS" && p.chance(85) || p.chance(2) {
		return p.named(call{
			name: "finish", query: modelFinish, session: d.test.ID, question: q.ID,
			variables: servertest.Variables{"question": q.ID},
		})
	}
	return p.answer(d.test.ID, q.ID, p.option(q.ID))
}

// answerAgain answers a question of any test, as before or otherwise.
func (p *person) answerAgain(d *device) call {
	questions := slices.Sorted(maps.Keys(p.served))
	if len(questions) == 0 {
		return p.answerOpen(d)
	}
	q := one(p, questions)
	session, option := p.served[q], p.option(q)
	if given, ok := p.given[q]; ok && given != "" && p.chance(50) {
		option = given
	}
	if p.chance(10) {
		session = d.test.ID
	}
	return p.answer(session, q, option)
}

// submit hands in a form: all open questions or some, with skipped ones and with
// some of those that were answered before.
func (p *person) submit(d *device) call {
	c := call{name: "submit", query: modelSubmit, session: d.test.ID, answers: map[string]string{}}
	all := p.chance(30)
	for _, q := range d.test.OpenQuestions {
		switch {
		case q.Phase == "STIMULUS" && p.chance(90), !all && p.chance(40):
		case p.chance(15):
			c.answers[q.ID] = ""
		default:
			c.answers[q.ID] = p.option(q.ID)
		}
	}
	for _, r := range d.test.Responses {
		if r.OptionID != nil && p.chance(30) {
			c.answers[r.Question.ID] = *r.OptionID
		}
	}
	answers := []servertest.Submitted{}
	for _, q := range slices.Sorted(maps.Keys(c.answers)) {
		a := servertest.Submitted{QuestionID: q}
		if option := c.answers[q]; option != "" {
			a.OptionID = &option
		}
		answers = append(answers, a)
	}
	c.variables = servertest.Variables{"answers": answers}
	return p.named(c)
}

// settle ends the test in progress if a request may still be on its way to it: it
// changes nothing any more then.
func (p *person) settle(ctx context.Context) error {
	if p.cut == 0 && p.chance(50) {
		return nil
	}
	last := []reply{{call: p.read()}}
	if err := p.exchange(ctx, last); err != nil || last[0].test == nil {
		return err
	}
	give := call{name: "abandon", query: modelAbandon, session: last[0].test.ID, variables: servertest.Variables{"session": last[0].test.ID}}
	return p.exchange(ctx, []reply{{call: give}})
}
