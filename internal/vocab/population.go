package vocab

// Population is a group of people with whom a score is compared.
type Population string

// The populations: everybody, and the bands of age.
const (
	Everyone   Population = "ALL"
	Under18    Population = "AGE_UNDER_18"
	Age18To24  Population = "AGE_18_24"
	Age25To34  Population = "AGE_25_34"
	Age35To44  Population = "AGE_35_44"
	Age45To54  Population = "AGE_45_54"
	Age55To64  Population = "AGE_55_64"
	Age65AndUp Population = "AGE_65_UP"
)

// AgeBand is the population of people of an age, in years.
func AgeBand(age int) Population {
	switch {
	case age < 18:
		return Under18
	case age < 25:
		return Age18To24
	case age < 35:
		return Age25To34
	case age < 45:
		return Age35To44
	case age < 55:
		return Age45To54
	case age < 65:
		return Age55To64
	default:
		return Age65AndUp
	}
}
