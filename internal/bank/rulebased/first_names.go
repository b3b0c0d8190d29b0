package rulebased

// firstNames are short, differ in their first letter, and come from several
// languages.
func firstNames() []string {
	return []string{
		"Ana", "Ben", "Chloe", "Dev", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jun",
		"Kofi", "Lena", "Marco", "Nora", "Omar", "Priya", "Rosa", "Sam", "Tara", "Yuki",
	}
}
