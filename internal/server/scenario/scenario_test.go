package scenario

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswersAreCompared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ want, got, why string }{
		"alike":              {`{"data": {"a": 1, "b": [true, null, "x"]}}`, `{"data": {"b": [true, null, "x"], "a": 1}}`, ""},
		"its cost":           {`{"data": null}`, `{"data": null, "extensions": {"statements": 3}}`, ""},
		"another value":      {`{"data": {"a": 1}}`, `{"data": {"a": 2}}`, "data.a: wanted 1, came 2"},
		"a number as text":   {`{"data": {"a": "1"}}`, `{"data": {"a": 1}}`, `wanted "1", came 1`},
		"less":               {`{"data": {"a": 1, "b": 2}}`, `{"data": {"a": 1}}`, "data.b is missing"},
		"more":               {`{"data": {"a": 1}}`, `{"data": {"a": 1, "b": 2}}`, "data.b came"},
		"a longer list":      {`{"data": [1]}`, `{"data": [1, 1]}`, "data: wanted [1]"},
		"another order":      {`{"data": [1, 2]}`, `{"data": [2, 1]}`, "data.0"},
		"no object":          {`{"data": {"a": {}}}`, `{"data": {"a": null}}`, "data.a: wanted {}, came null"},
		"an error":           {`{"data": null}`, `{"data": null, "errors": [{"message": "x"}]}`, "0 wanted, 1 came"},
		"part of an error":   {`{"errors": [{"extensions": {"code": "X"}}]}`, `{"data": null, "errors": [{"message": "x", "extensions": {"code": "X", "field": "y"}}]}`, ""},
		"another error":      {`{"errors": [{"extensions": {"code": "X"}}]}`, `{"errors": [{"extensions": {"code": "Y"}}]}`, "errors.0.extensions.code"},
		"no error":           {`{"errors": [{}]}`, `{"data": {}}`, "1 wanted, 0 came"},
		"any value":          {`{"data": "<>"}`, `{"data": {"a": 1}}`, ""},
		"null is none":       {`{"data": "<>"}`, `{"data": null}`, "came null"},
		"a known value":      {`{"data": "<known>"}`, `{"data": "k"}`, ""},
		"within a text":      {`{"data": "a <known> z"}`, `{"data": "a k z"}`, ""},
		"not the known one":  {`{"data": "<known>"}`, `{"data": "l"}`, `wanted "k", came "l"`},
		"one name for two":   {`{"data": ["<new>", "<new>"]}`, `{"data": [1, 2]}`, "data.1: wanted 1, came 2"},
		"one name for one":   {`{"data": ["<new>", "<new>"]}`, `{"data": [1, 1]}`, ""},
		"unknown in a text":  {`{"data": "a <new> z"}`, `{"data": "a n z"}`, "<new> stands for nothing"},
		"characters":         {`{"data": "<3 characters>"}`, `{"data": "ééé"}`, ""},
		"fewer characters":   {`{"data": "<3 characters>"}`, `{"data": "éé"}`, `wanted "ééé"`},
		"bytes in a text":    {`{"data": "a <2 bytes> z"}`, `{"data": "a ee z"}`, ""},
		"over and over":      {`{"data": "[<2 times {x: 1}>]"}`, `{"data": "[{x: 1} {x: 1} ]"}`, ""},
		"a misspelled key":   {`{"error": []}`, `{"data": null}`, "not error"},
		"no JSON":            {`{"data"}`, `{"data": null}`, "the answer wanted"},
		"numbers as written": {`{"data": 12345678901234567890}`, `{"data": 12345678901234567891}`, "data: wanted"},
	} {
		kept := values{"known": "k"}
		err := kept.answer(c.want, c.got)
		if c.why == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.why, name)
	}
}

func TestPartsOfAnswersAreCompared(t *testing.T) {
	t.Parallel()
	const got = `{"data": {"a": 1, "list": [{"id": "k", "b": 2}, {"id": "l"}], "null": null}, "more": true}`
	for name, c := range map[string]struct{ want, why string }{
		"less is wanted":       {`{"data": {"list": [{"id": "k"}, {}]}}`, ""},
		"all of it":            {got, ""},
		"a known value":        {`{"data": {"list": [{"id": "<known>"}, {"id": "<new>"}]}}`, ""},
		"null":                 {`{"data": {"null": null}}`, ""},
		"another value":        {`{"data": {"a": 2}}`, "answer.data.a: wanted 2, came 1"},
		"what is not there":    {`{"data": {"z": null}}`, "answer.data.z is missing"},
		"a shorter list":       {`{"data": {"list": [{}]}}`, "answer.data.list: wanted [{}]"},
		"not the known one":    {`{"data": {"list": [{}, {"id": "<known>"}]}}`, `answer.data.list.1.id: wanted "k", came "l"`},
		"an object for a list": {`{"data": {"list": {}}}`, "answer.data.list: wanted {}"},
	} {
		err := values{"known": "k"}.answerHas(c.want, got)
		if c.why == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.why, name)
	}
}

func TestLinesAreFoundInTheirOrder(t *testing.T) {
	t.Parallel()
	const text = "to ada@example.org\nsubject Hello\n\nGo to https://x.org/?t=abc&u=1 now.\nBye."
	kept := values{}
	require.NoError(t, kept.lines("to ada@example.org\nGo to https://x.org/?t=<token>&u=1 now.", text))
	require.Equal(t, values{"token": "abc"}, kept)
	require.NoError(t, kept.lines("Go to https://x.org/?t=<token>&u=<> now.", text))
	require.Error(t, kept.lines("Bye.\nsubject Hello", text), "the order")
	require.Error(t, kept.lines("Bye", text), "whole lines")
	require.Error(t, values{"token": "z"}.lines("Go to https://x.org/?t=<token>&u=1 now.", text))
}

func TestScriptsAreRead(t *testing.T) {
	t.Parallel()
	s, err := parse("f.txtar", []byte("A rule.\n\n-- settings --\n--a 1\n--b\n-- as ada, from 198.51.100.7, 5 times --\n{ a }\n-- answer to 4 at most 3 statements --\n{}\n"), verbs())
	require.NoError(t, err)
	require.Equal(t, []string{"--a", "1", "--b"}, s.flags)
	require.Len(t, s.steps, 2)
	require.Equal(t, "f.txtar:6", s.steps[0].at)
	require.Equal(t, []string{"ada", "ada", "", "198.51.100.7", "5", "times"}, s.steps[0].args)
	require.Equal(t, "{ a }", s.steps[0].body)
	require.Equal(t, "f.txtar:8", s.steps[1].at)
	require.Equal(t, []string{"4", "3"}, s.steps[1].args)
	for text, why := range map[string]string{
		"-- given --\n":                        "does not say in words",
		"A rule.\n-- gives --\n":               "f.txtar:2: no step has the heading gives",
		"A rule.\n-- given --\n-- settings --": "f.txtar:3: settings come first",
	} {
		_, err := parse("f.txtar", []byte(text), verbs())
		require.ErrorContains(t, err, why)
	}
}
