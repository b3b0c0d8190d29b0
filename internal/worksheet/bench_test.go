package worksheet_test

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/worksheet"
)

// A long file of 20 million answers, 20 out of 500 items by each of a million
// people. B/answer is the memory held once the file is read.
func BenchmarkReadLong(b *testing.B) {
	for _, scattered := range []bool{false, true} {
		b.Run(fmt.Sprintf("scattered=%t", scattered), func(b *testing.B) {
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				answers, err := worksheet.ReadAnswers(b.Context(), &longFile{people: 1_000_000, each: 20, pool: 500, scattered: scattered},
					"generated", worksheet.Layout{Long: true})
				require.NoError(b, err)
				require.Equal(b, 20_000_000, answers.Answered())
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(answers.Answered()), "B/answer")
				runtime.KeepAlive(answers)
				b.StartTimer()
			}
		})
	}
}

// longFile is a long table that is made as it is read, so that it takes no memory.
type longFile struct {
	people, each, pool int
	// scattered puts the first answers of all people before their second ones.
	scattered bool

	row     int
	pending []byte
}

func (f *longFile) Read(p []byte) (int, error) {
	if f.row == 0 && f.pending == nil {
		f.pending = append(f.pending, "person,item,answer\n"...)
	}
	for len(f.pending) < len(p) && f.row < f.people*f.each {
		person, k := f.row/f.each, f.row%f.each
		if f.scattered {
			person, k = f.row%f.people, f.row/f.people
		}
		f.pending = append(f.pending, 'p')
		f.pending = strconv.AppendInt(f.pending, int64(person), 10)
		f.pending = append(f.pending, ",q"...)
		f.pending = strconv.AppendInt(f.pending, int64((person*7+k*f.pool/f.each)%f.pool), 10)
		f.pending = append(f.pending, ',', '0'+byte((person^k*31)&1), '\n')
		f.row++
	}
	if len(f.pending) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.pending)
	f.pending = f.pending[:copy(f.pending, f.pending[n:])]
	return n, nil
}
