package models

func init() { register("WordLevel", "", parseWordLevel) }

// wordLevel makes each word a token.
type wordLevel struct {
	ids     *Tokens
	unknown int32
}

func parseWordLevel(s Section) (Model, error) {
	var j struct {
		Unknown string `json:"unk_token"`
	}
	ids, err := s.parse(&j)
	if err != nil {
		return nil, err
	}
	m := &wordLevel{ids: ids}
	m.unknown, err = unknownID(ids, j.Unknown)
	return m, err
}

func (m *wordLevel) Vocabulary() *Tokens { return m.ids }
func (m *wordLevel) Unknown() int32      { return m.unknown }
func (m *wordLevel) NewWorker() Worker   { return m }

func (m *wordLevel) Tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	id, ok := m.ids.FindBytes(word)
	if !ok {
		id = int(m.unknown)
	}
	return append(ids, int32(id)), append(ends, int32(len(word)))
}
