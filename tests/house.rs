//! The house: the walls between the rooms of `src/`, what each room must not know, sizes, names, layout and the
//! dependency budget. Every test names the wall that is broken and the line that breaks it.

mod house {
    mod budget;
    mod layout;
    mod rights;
    mod sizes;
    mod source;
    mod walls;
    mod words;
}
