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

func TestLimbo(t *testing.T) {
	var l Limbo[int]
	oldest := uint64(0)
	take := func(want int, ok bool) {
		t.Helper()
		if got, found := l.Take(func() uint64 { return oldest }); got != want || found != ok {
			t.Errorf("took %d, %v, want %d, %v", got, found, want, ok)
		}
	}
	take(0, false)
	l.Add(1, 7, 8)
	l.Add(2, 9)
	take(0, false)
	oldest = 1
	take(8, true)
	if all := l.All(); len(all) != 2 || all[0] != 7 || all[1] != 9 {
		t.Errorf("left are %v", all)
	}
	take(7, true)
	take(0, false)
	oldest = 2
	take(9, true)
	take(0, false)
}
