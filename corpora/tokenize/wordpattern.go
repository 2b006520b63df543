package tokenize

// wordPattern is UAX #29 as a regular expression of Oniguruma, the engine of Hugging Face's
// tokenizers library: it matches the segments that contain a letter or a digit. It was compared
// with the words found here for all characters of Unicode, alone and between letters, digits,
// katakana, Han and Hebrew characters and underscores (see testdata/reference). The
// properties of that engine are those of Unicode 16; the ranges beside them are what differs
// in the tables used here. What remains different is some marks that are newer than Unicode 9,
// which the library does not reorder as normal form C requires.
//
// (?<name>…){0} defines a group that \g<name> calls: m is any number of marks, l a letter, n a
// digit, k katakana, e an underscore or similar, h a Hebrew letter; w is a letter or digit, its
// marks, and a character that joins it to the next; r is a run of all these of which each joins
// the next.
const wordPattern = `(?<m>` + wbMark + `*+){0}(?<l>` + wbLetter + `){0}(?<n>` + wbDigit + `){0}(?<k>` + wbKatakana + `){0}` +
	`(?<e>\p{Pc}){0}(?<h>` + wbHebrew + `){0}` +
	`(?<w>(?:\g<h>\g<m>"\g<m>(?=\g<h>)|\g<l>\g<m>(?:` + wbMidLetter + `\g<m>(?=\g<l>))?|\g<n>\g<m>(?:` + wbMidDigit + `\g<m>(?=\g<n>))?)){0}` +
	`(?<r>(?:\g<e>\g<m>|\g<w>(?!\g<k>)|\g<k>\g<m>(?!\g<l>|\g<n>))*){0}` +
	// A run with a letter or digit, and the apostrophe that ends a Hebrew word.
	`(?:(?<!\p{Pc})(?=\g<r>` + wbInside + `)(?=\g<l>|\g<n>|\g<k>|\g<e>)\g<r>(?:\g<w>|\g<k>\g<m>)?` +
	`(?:(?<=` + wbHebrew + `|` + wbHebrew + `[\p{M}\p{Cf}]|` + wbHebrew + `[\p{M}\p{Cf}][\p{M}\p{Cf}])'\g<m>)?` +
	// Scripts without spaces: each letter is a word.
	`|(?!` + wbMark + `)` + wbWord + `\g<m>` +
	// The halfwidth sound marks are both marks and letters.
	`|(?:[^\x{0}\t-\r \x{85}\x{2028}\x{2029}]` + wbMark + `*)?[\x{ff9e}\x{ff9f}]\g<m>)` +
	// A joiner continues the word with an emoji.
	`(?:(?<=\x{200d})` + wbEmoji + `\g<m>)*`

// spacePattern matches what is between white space, or NUL, which the library does not consider
// white space.
const spacePattern = `[^\x{0}\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+`

// Classes of the property Word_Break.
const (
	// Extend, Format and ZWJ
	wbMark = `[[\p{M}\p{Cf}&&[^\x{600}-\x{605}\x{6dd}\x{70f}\x{890}\x{891}\x{8e2}\x{200b}\x{110bd}\x{110cd}]]` +
		`\x{1acf}-\x{1add}\x{1ae0}-\x{1aeb}\x{ff9e}\x{ff9f}\x{10efa}\x{10efb}\x{11b60}-\x{11b67}\x{1e6e3}` +
		`\x{1e6e6}\x{1e6ee}\x{1e6ef}\x{1e6f5}\x{1f3fb}-\x{1f3ff}]`
	// ALetter and Hebrew_Letter
	wbLetter = `[[\p{Alphabetic}&&[^\p{M}\p{Nd}\p{Ideographic}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}` +
		`\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}\x{3031}-\x{3035}\x{30fc}` +
		`\x{ff70}\x{ff9e}\x{ff9f}]]\x{b8}\x{2c2}-\x{2c5}\x{2d2}-\x{2d7}\x{2de}\x{2df}\x{2e5}-\x{2eb}\x{2ed}` +
		`\x{2ef}-\x{2ff}\x{55a}-\x{55c}\x{55e}\x{58a}\x{5f3}\x{70f}\x{88f}\x{c5c}\x{cdc}\x{a708}-\x{a716}` +
		`\x{a720}\x{a721}\x{a789}\x{a78a}\x{a7ce}\x{a7cf}\x{a7d2}\x{a7d4}\x{a7f1}\x{ab5b}\x{10940}-\x{10959}` +
		`\x{10ec5}-\x{10ec7}\x{11db0}-\x{11ddb}\x{16ea0}-\x{16eb8}\x{16ebb}-\x{16ed3}\x{1e6c0}-\x{1e6de}` +
		`\x{1e6e0}-\x{1e6e2}\x{1e6e4}\x{1e6e5}\x{1e6e7}-\x{1e6ed}\x{1e6f0}-\x{1e6f4}\x{1e6fe}\x{1e6ff}]`
	// Numeric
	wbDigit = `[\p{Nd}\x{600}-\x{605}\x{66b}\x{6dd}\x{890}\x{891}\x{8e2}\x{19da}\x{110bd}\x{110cd}` +
		`\x{11de0}-\x{11de9}]`
	// Katakana
	wbKatakana = `[\p{Katakana}\x{3031}-\x{3035}\x{309b}\x{309c}\x{30a0}\x{30fc}\x{ff70}]`
	// Hebrew_Letter
	wbHebrew = `[\p{Hebrew}&&\p{L}]`
	// MidLetter, MidNumLet and Single_Quote
	wbMidLetter = `[\x{27}\x{2e}\x{3a}\x{b7}\x{387}\x{55f}\x{5f4}\x{2018}\x{2019}\x{2024}\x{2027}\x{fe13}\x{fe52}` +
		`\x{fe55}\x{ff07}\x{ff0e}\x{ff1a}]`
	// MidNum, MidNumLet and Single_Quote
	wbMidDigit = `[\x{27}\x{2c}\x{2e}\x{3b}\x{37e}\x{589}\x{60c}\x{60d}\x{66c}\x{7f8}\x{2018}\x{2019}\x{2024}\x{2044}` +
		`\x{fe50}\x{fe52}\x{fe54}\x{ff07}\x{ff0c}\x{ff0e}\x{ff1b}]`
	// Extended_Pictographic, but not a letter
	wbEmoji = `[[\p{Emoji}&&[^\x{23}\x{2a}\x{30}-\x{39}\x{2139}\x{24c2}\x{1f170}\x{1f171}\x{1f17e}\x{1f17f}` +
		`\x{1f1e6}-\x{1f1ff}\x{1f3fb}-\x{1f3ff}]]\x{1f02c}-\x{1f02f}\x{1f094}-\x{1f09f}\x{1f0af}\x{1f0b0}` +
		`\x{1f0c0}\x{1f0d0}\x{1f0f6}-\x{1f0ff}\x{1f1ae}-\x{1f1e5}\x{1f203}-\x{1f20f}\x{1f23c}-\x{1f23f}` +
		`\x{1f249}-\x{1f24f}\x{1f252}-\x{1f25f}\x{1f266}-\x{1f2ff}\x{1f6d8}-\x{1f6db}\x{1f6ed}-\x{1f6ef}` +
		`\x{1f6fd}-\x{1f6ff}\x{1f7da}-\x{1f7df}\x{1f7ec}-\x{1f7ef}\x{1f7f1}-\x{1f7ff}\x{1f80c}-\x{1f80f}` +
		`\x{1f848}-\x{1f84f}\x{1f85a}-\x{1f85f}\x{1f888}-\x{1f88f}\x{1f8ae}\x{1f8af}\x{1f8bc}-\x{1f8bf}` +
		`\x{1f8c2}-\x{1f8cf}\x{1f8d9}-\x{1f8ff}\x{1fa58}-\x{1fa5f}\x{1fa6e}\x{1fa6f}\x{1fa7d}-\x{1fa7f}` +
		`\x{1fa8a}-\x{1fa8e}\x{1fac7}-\x{1facd}\x{1fadd}\x{1fade}\x{1faea}-\x{1faef}\x{1faf9}-\x{1faff}` +
		`\x{1fc00}-\x{1fffd}]`
	// a letter or digit of Unicode 15, that of package unicode
	wbWord = `[\p{L}\p{Nd}&&[^\x{1c89}\x{1c8a}\x{a7cb}-\x{a7cd}\x{a7da}-\x{a7dc}\x{105c0}-\x{105f3}` +
		`\x{10d40}-\x{10d65}\x{10d6f}-\x{10d85}\x{10ec2}-\x{10ec4}\x{11380}-\x{11389}\x{1138b}\x{1138e}` +
		`\x{11390}-\x{113b5}\x{113b7}\x{113d1}\x{113d3}\x{116d0}-\x{116e3}\x{11bc0}-\x{11be0}` +
		`\x{11bf0}-\x{11bf9}\x{13460}-\x{143fa}\x{16100}-\x{1611d}\x{16130}-\x{16139}\x{16d40}-\x{16d6c}` +
		`\x{16d70}-\x{16d79}\x{18cff}\x{1ccf0}-\x{1ccf9}\x{1e5d0}-\x{1e5ed}\x{1e5f0}-\x{1e5fa}` +
		`\x{2ebf0}-\x{2ee5d}]]`
	// the same without scripts that have no spaces between words
	wbInside = `[[\p{L}&&[^\p{Ideographic}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}` +
		`\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}]]\p{Nd}&&[^\x{1c89}\x{1c8a}\x{a7cb}-\x{a7cd}\x{a7da}-\x{a7dc}` +
		`\x{ff9e}\x{ff9f}\x{105c0}-\x{105f3}\x{10d40}-\x{10d65}\x{10d6f}-\x{10d85}\x{10ec2}-\x{10ec4}` +
		`\x{11380}-\x{11389}\x{1138b}\x{1138e}\x{11390}-\x{113b5}\x{113b7}\x{113d1}\x{113d3}` +
		`\x{116d0}-\x{116e3}\x{11bc0}-\x{11be0}\x{11bf0}-\x{11bf9}\x{13460}-\x{143fa}\x{16100}-\x{1611d}` +
		`\x{16130}-\x{16139}\x{16d40}-\x{16d6c}\x{16d70}-\x{16d79}\x{1ccf0}-\x{1ccf9}\x{1e5d0}-\x{1e5ed}` +
		`\x{1e5f0}-\x{1e5fa}]]`
)

// oldWordPattern is the pattern of models written before wordPattern. It differed at marks that
// are not part of words, such as U+200B, and in rare letters.
const oldWordPattern = `` +
	`[\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}&&\p{L}]` + oldMarks +
	`|(?:[\p{Katakana}ー]` + oldMarks + `)+` +
	`|(?:` + oldLetterOrDigit + oldMarks +
	`|(?<=[` + oldLetter + `\p{M}])[.'’‘․﹒＇．:·‧︓﹕：](?=` + oldLetter + `)` +
	`|(?<=\p{Hebrew})"(?=\p{Hebrew})` +
	`|(?<=\p{Nd})[.'’‘․﹒＇．,;،٬﹐﹔，；⁄](?=\p{Nd}))+`

const (
	oldMarks         = `[\p{M}\p{Cf}]*`
	oldLetter        = `[[\p{L}\p{Nl}]&&[^\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]`
	oldLetterOrDigit = `[[\p{L}\p{Nl}\p{Nd}\p{Pc}]&&[^\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]`
)
