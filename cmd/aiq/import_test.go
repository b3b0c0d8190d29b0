package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// rows counts what imports may write.
func rows(t *testing.T, databaseURL string) map[string]int {
	t.Helper()
	st, err := store.Open(t.Context(), databaseURL, store.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	client, ctx := st.Reader(), t.Context()
	out := map[string]int{}
	for name, count := range map[string]func() (int, error){
		"questions":  func() (int, error) { return client.Question.Query().Count(ctx) },
		"parameters": func() (int, error) { return client.ItemParameters.Query().Count(ctx) },
		"users":      func() (int, error) { return client.User.Query().Count(ctx) },
		"sessions":   func() (int, error) { return client.TestSession.Query().Count(ctx) },
		"responses":  func() (int, error) { return client.Response.Query().Count(ctx) },
		"results":    func() (int, error) { return client.TestResult.Query().Count(ctx) },
		"statistics": func() (int, error) { return client.ItemStatistics.Query().Count(ctx) },
		"options":    func() (int, error) { return client.OptionStatistics.Query().Count(ctx) },
		"unserved":   func() (int, error) { return client.Question.Query().Where(question.TextIsNil()).Count(ctx) },
	} {
		n, err := count()
		require.NoError(t, err)
		if n > 0 {
			out[name] = n
		}
	}
	return out
}

func TestImportQuestions(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		out, problems, err := aiq(t, databaseURL, "import", "questions", bankFile(t, 1200))
		require.NoError(t, err, problems)
		require.Equal(t, "1200 questions added, 0 known already\n", out)
		want := map[string]int{"questions": 1200, "parameters": 1200}
		require.Equal(t, want, rows(t, databaseURL))

		// Again, with one more at the end.
		out, problems, err = aiq(t, databaseURL, "import", "questions", bankFile(t, 1201))
		require.NoError(t, err, problems)
		require.Equal(t, "1 questions added, 1200 known already\n", out)
		want = map[string]int{"questions": 1201, "parameters": 1201}
		require.Equal(t, want, rows(t, databaseURL))

		// What a file has otherwise is said, and changes nothing.
		records := servertest.Items(20, 1.3)
		records[3].Text, records[5].Key = "Another question", "a"
		records[6].Parameters.A = 1
		out, problems, err = aiq(t, databaseURL, "import", "questions", bankFileOf(t, records))
		require.NoError(t, err, problems)
		require.Equal(t, "0 questions added, 20 known already\n"+
			"2 of the known ones are otherwise in the file, and were left as they are: test:00003, test:00005\n", out)
		for i := range records {
			records[i].Explanation = "None."
		}
		out, problems, err = aiq(t, databaseURL, "import", "questions", bankFileOf(t, records))
		require.NoError(t, err, problems)
		require.Contains(t, out, "20 of the known ones")
		require.Contains(t, out, "test:00009, and 10 more\n")
		require.Equal(t, want, rows(t, databaseURL))
	})
}

func TestImportQuestionsNamesEveryBadLine(t *testing.T) {
	t.Parallel()
	var good bytes.Buffer
	require.NoError(t, bankfile.Write(&good, servertest.Items(1, 1.3)))
	line := strings.TrimSpace(good.String())
	type bad struct{ line, field string }
	lines := []bad{
		{line, ""},
		{strings.Replace(line, `"MEDIUM"`, `"MIDDLING"`, 1), "difficulty"},
		{strings.Replace(line, `"PATTERN"`, `"MUSIC"`, 1), "domain"},
		{strings.Replace(line, `"key":"a"`, `"key":"x"`, 1), "key"},
		{strings.Replace(line, `"key":"a"`, `"kee":"a"`, 1), "kee"},
		{strings.Replace(line, `"id":"b"`, `"id":"a"`, 1), "options[1].id"},
		{strings.Replace(line, `"a":1.3`, `"a":-1`, 1), "parameters.a"},
		{strings.Replace(line, `"a":1.3`, `"a":"1"`, 1), "parameters.a"},
		{strings.Replace(line, `"text":"Question 0"`, `"text":" "`, 1), "text"},
		{strings.Replace(line, `"text":"Question 0"`, `"text":null`, 1), "text"},
		{strings.Replace(line, `"text":"Question 0"`, `"text":"\u0000"`, 1), "text"},
		{strings.Replace(line, `"external_ref":"test:00000",`, ``, 1), "external_ref"},
		{line, "external_ref"}, // twice in one file
		{line[:len(line)/2], ""},
		{"[]", ""},
	}
	var file strings.Builder
	for _, b := range lines {
		file.WriteString(b.line + "\n")
	}
	path := writeFile(t, "bad.jsonl", file.String())
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		_, problems, err := aiq(t, databaseURL, "import", "questions", path)
		require.Error(t, err)
		require.Contains(t, problems, "bad.jsonl")
		require.NotContains(t, problems, "line 1:")
		for i, b := range lines[1:] {
			require.Contains(t, problems, fmt.Sprintf("line %d: %s", i+2, b.field))
		}
		require.Empty(t, rows(t, databaseURL))
		_, problems, err = aiq(t, databaseURL, "import", "questions", filepath.Join(t.TempDir(), "none.jsonl"))
		require.Error(t, err)
		require.Contains(t, problems, "none.jsonl")
	})
}

// studyFolder is a folder with the files of a study.
func studyFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "pilot")
	require.NoError(t, os.Mkdir(folder, 0o700))
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	return folder
}

func TestImportResponses(t *testing.T) {
	t.Parallel()
	folder := studyFolder(t, map[string]string{
		"key.csv": "item,key,options,domain\nq1,1,4,MATH\nq2,2,4,LOGIC\nq3,3,4,LOGIC\n",
		// The first answers all, the second leaves one out, the third was not given one.
		"responses.csv": "q1,q2,q3\n1,2,3\n1,0,4\n2,,3\n",
	})
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		out, problems, err := aiq(t, databaseURL, "import", "responses", folder, "--collected", "2012-08-01")
		require.NoError(t, err, problems)
		require.Equal(t, "pilot: 3 people, 3 items, 8 answers\n", out)
		want := map[string]int{
			"questions": 3, "unserved": 3, "users": 3, "sessions": 3, "responses": 8, "results": 3, "statistics": 3, "options": 12,
		}
		require.Equal(t, want, rows(t, databaseURL))

		// The same study again is refused, under another name it is another one.
		_, problems, err = aiq(t, databaseURL, "import", "responses", folder)
		require.Error(t, err)
		require.Contains(t, problems, "there already")
		require.Equal(t, want, rows(t, databaseURL))
		_, problems, err = aiq(t, databaseURL, "import", "responses", folder, "--name", "second")
		require.NoError(t, err, problems)
	})
}

func TestImportResponsesNamesTheMistake(t *testing.T) {
	t.Parallel()
	const (
		key     = "item,key,options,domain\nq1,1,4,MATH\nq2,2,4,LOGIC\n"
		answers = "q1,q2\n1,2\n3,4\n"
	)
	databaseURL := storetest.URL(t, storetest.Dialects()[0])
	for name, c := range map[string]struct {
		files map[string]string
		says  []string
	}{
		"a word for an answer":    {map[string]string{"key.csv": key, "responses.csv": "q1,q2\n1,2\n1,b\n"}, []string{"responses.csv", "row 3", `"q2"`, `"b"`}},
		"an option that is none":  {map[string]string{"key.csv": key, "responses.csv": "q1,q2\n1,2\n9,1\n"}, []string{"responses.csv", "row 3", `"q1"`, "9"}},
		"a negative answer":       {map[string]string{"key.csv": key, "responses.csv": "q1,q2\n-1,2\n"}, []string{"responses.csv", "row 2", `"q1"`}},
		"a short row":             {map[string]string{"key.csv": key, "responses.csv": "q1,q2\n1,2\n1\n"}, []string{"responses.csv", "line 3"}},
		"an item without a key":   {map[string]string{"key.csv": key, "responses.csv": "q1,q9\n1,2\n"}, []string{"responses.csv", "column 2", `"q9"`}},
		"an item that comes back": {map[string]string{"key.csv": key, "responses.csv": "q1,q1\n1,2\n"}, []string{"responses.csv", "column 2", `"q1"`}},
		"nobody":                  {map[string]string{"key.csv": key, "responses.csv": "q1,q2\n"}, []string{"responses.csv"}},
		"an empty file":           {map[string]string{"key.csv": key, "responses.csv": ""}, []string{"responses.csv", "empty"}},
		"no answers":              {map[string]string{"key.csv": key}, []string{"responses.csv"}},
		"no keys":                 {map[string]string{"responses.csv": answers}, []string{"key"}},
		"a key of words":          {map[string]string{"key.csv": "item,key\nq1,1\nq2,b\n", "responses.csv": answers}, []string{"key.csv", "row 3", `"b"`}},
		"a key that is no option": {map[string]string{"key.csv": "item,key,options\nq1,5,4\nq2,1,4\n", "responses.csv": answers}, []string{"key.csv", "row 2"}},
		"two keys":                {map[string]string{"key.csv": "item,key\nq1,1\nq1,2\n", "responses.csv": answers}, []string{"key.csv", "row 3", `"q1"`}},
		"a name with NUL":         {map[string]string{"key.csv": "item,key\nq1,1\nq\x002,1\n", "responses.csv": "q1,q\x002\n1,2\n"}, []string{"pilot", "responses.csv", "column 2", "U+0000"}},
		"an unknown domain":       {map[string]string{"key.csv": "item,key,domain\nq1,1,MUSIC\nq2,1,LOGIC\n", "responses.csv": answers}, []string{"key.csv", "row 2", `"MUSIC"`}},
		"no key column":           {map[string]string{"key.csv": "item,answer\nq1,1\nq2,2\n", "responses.csv": answers}, []string{"key.csv", "key"}},
	} {
		_, problems, err := aiq(t, databaseURL, "import", "responses", studyFolder(t, c.files))
		require.Error(t, err, name)
		for _, says := range c.says {
			require.Contains(t, problems, says, name)
		}
	}
	require.Empty(t, rows(t, databaseURL))
}

func TestAccountCreate(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		out, problems, err := aiq(t, databaseURL, "account", "create", "admin@example.org", "--role", "ADMIN")
		require.NoError(t, err, problems)
		require.Contains(t, out, "admin@example.org")
		require.NotContains(t, out+problems, servertest.Password)
		_, problems, err = aiq(t, databaseURL, "account", "create", "ADMIN@example.org")
		require.Error(t, err)
		require.Equal(t, "aiq: This e-mail address has an account already.\n", problems)
		_, problems, err = aiq(t, databaseURL, "account", "create", "admin")
		require.Error(t, err)
		require.Contains(t, problems, "e-mail")
		require.Equal(t, map[string]int{"users": 1}, rows(t, databaseURL))
	})
}
