package epoch

import "testing"

type object struct {
	Lent
	number int
}

func TestPool(t *testing.T) {
	made := 0
	p := Pool[*object]{New: func() *object { made++; return &object{number: made} }}
	oldest := func(want uint64) {
		t.Helper()
		if got := p.Oldest(); got != want {
			t.Errorf("the oldest epoch is %d, want %d", got, want)
		}
	}
	a, b := p.Get(), p.Get()
	oldest(0)
	if e := p.Advance(); e != 1 {
		t.Errorf("epoch %d, want 1", e)
	}
	c := p.Get()
	oldest(0)
	p.Put(a)
	oldest(0) // b
	p.Renew(b)
	oldest(1)
	if p.Advance(); made != 3 {
		t.Errorf("made %d objects, want 3", made)
	}
	p.Put(b)
	oldest(1) // c
	p.Put(c)
	oldest(2)
	if d := p.Get(); d != c || made != 3 {
		t.Errorf("object %d of %d, want the last one that was put back", d.number, made)
	}
	oldest(2)
}
