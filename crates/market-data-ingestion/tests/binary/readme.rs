//! The README, held against the program: its examples are run, its tables are compared.

use std::fs;

use crate::program::Program;

const README: &str = include_str!("../../README.md");

/// The commands of the README's console blocks with what they print.
fn examples() -> Vec<(String, String)> {
    let blocks = README.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands = blocks.flat_map(|block| block.split("$ ").skip(1).map(str::to_owned).collect::<Vec<_>>());
    commands
        .filter_map(|text| text.split_once('\n').map(|(line, out)| (line.to_owned(), out.trim_end().to_owned())))
        .collect()
}

#[test]
fn its_imports_say_what_it_shows() {
    let program = Program::new();
    fs::create_dir(program.path("sample")).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/sample/candles.csv"), program.path("sample/candles.csv")).unwrap();
    program.write(
        "bad.csv",
        "open_time,interval,open,high,low,close,volume\n1767571200000,1m,1,1,1,1,1\n1767571260000,1m,1,1,1,one hundred,1\n",
    );
    let mut run = 0;
    for (line, shown) in examples() {
        let Some(arguments) = line.strip_prefix("market-data-ingestion import ") else { continue };
        let arguments: Vec<&str> = ["import"].into_iter().chain(arguments.split(' ')).collect();
        let said = program.run(&arguments);
        assert_eq!(format!("{}{}", said.out, said.err).trim_end(), shown, "{line}");
        run += 1;
    }
    assert_eq!(run, 3, "every import of the README is run");
}

#[test]
fn its_settings_are_those_of_the_help() {
    let program = Program::new();
    let help = format!("{}{}", program.run(&["serve", "--help"]).out, program.run(&["import", "--help"]).out);
    // Where its lines end depends on what else is built with it.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows = README.lines().filter(|line| line.starts_with("| `--"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('`').skip(1).step_by(2).collect()).collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    for row in rows {
        let [flag, variable, default] = row[..] else { panic!("{row:?}") };
        let flag = flag.replacen(' ', " <", 1) + ">";
        for text in [flag, format!("[env: {variable}="), format!("[default: {default}]")] {
            assert!(help.contains(&text), "the help does not say {text}:\n{help}");
        }
    }
}

#[test]
fn its_table_of_schemas_ends_with_the_newest() {
    let program = Program::new();
    program.serve();
    let newest: i64 = program.database().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let (_, table) = README.split_once("| schema | what it holds |").unwrap();
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| ")?.split(' ').next()?.parse::<i64>().ok());
    assert_eq!(rows.collect::<Vec<_>>(), (1..=newest).collect::<Vec<_>>());
}
