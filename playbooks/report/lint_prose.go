package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

const plainNumber = `\d[\d,]*(?:\.\d+)?`

var (
	// quantity is a number with what it counts; what follows it may cite a fact.
	quantity = regexp.MustCompile(`(?i)(` + plainNumber + `)\s*(%|ms|s|sec(?:ond)?s?|min(?:ute)?s?|hours?|connections?|sessions?|rows?|calls?|errors?|requests?|users?|queries|scans?|kB|MB|GB|TB|bytes|/s)(?:$|[^\w%])(?:\s*\[[0-9a-f]{4,}\])?`)
	times    = regexp.MustCompile(`(?i)(` + plainNumber + `(?:\s*[-–]\s*` + plainNumber + `)?)\s*(?:x|×|times|-fold|fold)(?:$|\W)|[x×]\s*(` + plainNumber + `)`)
	cited    = regexp.MustCompile(`\[[0-9a-f]{4,}\]`)
	product  = regexp.MustCompile(`(` + plainNumber + `)[^\d+×*=]{0,20}[×*x]\s*(` + plainNumber + `)[^\d=+×*]{0,20}=\s*(` + plainNumber + `)`)
	addition = regexp.MustCompile(`((?:` + plainNumber + `[^\d+=×*]{0,20}\+\s*)+` + plainNumber + `)[^\d=+×*]{0,20}=\s*(` + plainNumber + `)`)
	number1  = regexp.MustCompile(plainNumber)
	inCode   = regexp.MustCompile("`[^`]*`")
)

// lintProse looks for figures that nobody measured. A figure is fine where it cites its fact, or is printed so by one.
func lintProse(line string, k known) []Lint {
	line = timeoutText.ReplaceAllString(inCode.ReplaceAllString(line, "``"), "") // what is to be set is no figure
	found := lintArithmetic(line)
	rest := times.ReplaceAllStringFunc(line, func(ratio string) string {
		if !product.MatchString(line) && !citedAfter(line, ratio) && !k.prints(ratio) {
			found = append(found, Lint{Rule: RuleRatio, Text: strings.TrimSpace(ratio),
				Why: "no fact has this ratio: nobody can see whether like was compared with like; cite the ratio's fact, or say both figures"})
		}
		return strings.Repeat(" ", len(ratio))
	})
	for _, at := range quantity.FindAllStringSubmatchIndex(rest, -1) {
		text := strings.TrimRight(rest[at[0]:at[5]], " ")
		if cited.MatchString(rest[at[0]:min(at[1]+12, len(rest))]) || k.prints(text) || strings.HasPrefix(rest[:at[0]], "±") {
			continue
		}
		found = append(found, Lint{Rule: RuleFigure, Text: text, Why: "no fact has this figure: cite one as [id], or say where it comes from and that it is not measured by pgmedic"})
	}
	return found
}

// citedAfter says whether a fact's id stands right behind a part of a line.
func citedAfter(line, part string) bool {
	_, after, _ := strings.Cut(line, part)
	return strings.HasPrefix(strings.TrimSpace(after), "[") && cited.MatchString(after[:min(len(after), 24)])
}

// prints says whether the report prints a fact so.
func (k known) prints(text string) bool {
	plain := strings.ToLower(strings.Join(strings.Fields(strings.Trim(text, " .,;:()")), " "))
	for _, figure := range k.printed {
		if strings.ToLower(figure) == plain || strings.ReplaceAll(strings.ToLower(figure), " ", "") == strings.ReplaceAll(plain, " ", "") {
			return true
		}
	}
	return false
}

// lintArithmetic looks for sums and products that do not add up.
func lintArithmetic(line string) []Lint {
	var found []Lint
	for _, p := range product.FindAllStringSubmatch(line, -1) {
		found = append(found, unlessEqual(p[0], parsed(p[1])*parsed(p[2]), parsed(p[3]))...)
	}
	for _, a := range addition.FindAllStringSubmatch(line, -1) {
		sum := 0.0
		for _, part := range number1.FindAllString(a[1], -1) {
			sum += parsed(part)
		}
		found = append(found, unlessEqual(a[0], sum, parsed(a[2]))...)
	}
	return found
}

func parsed(text string) float64 {
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// unlessEqual objects where what is written is not what comes out, but for rounding.
func unlessEqual(text string, comesOut, written float64) []Lint {
	if math.Abs(comesOut-written) <= 0.005*math.Abs(comesOut) {
		return nil
	}
	return []Lint{{Rule: RuleSum, Text: text, Why: fmt.Sprintf("it comes out as %s", number(comesOut))}}
}
