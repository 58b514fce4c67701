//! Compares subjects by the medians of interleaved rounds. The subjects are measured in turn, so
//! that a drift of the machine affects them all.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A piece of code that is measured.
pub struct Subject<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
    /// The number of runs in one round.
    times: u32,
    rounds: Vec<Duration>,
}

/// Subjects that are measured in turn. The others are compared with the first one, the floor.
pub struct Comparison<'a> {
    title: &'static str,
    aim: Option<f64>,
    subjects: Vec<Subject<'a>>,
}

impl<'a> Comparison<'a> {
    /// Returns a comparison without subjects. `aim` is the highest ratio that the second subject
    /// may have.
    pub fn new(title: &'static str, aim: Option<f64>) -> Self {
        Self { title, aim, subjects: Vec::new() }
    }

    /// Adds a subject. Each round runs it `times` times.
    pub fn subject<T>(
        mut self,
        name: &'static str,
        times: u32,
        mut run: impl FnMut() -> T + 'a,
    ) -> Self {
        let run = Box::new(move || {
            black_box(run());
        });
        self.subjects.push(Subject { name, run, times, rounds: Vec::new() });
        self
    }

    /// Measures until every subject has had `rounds` rounds or `limit` has passed, and returns the
    /// rows of a table.
    pub fn measure(mut self, rounds: usize, limit: Duration) -> String {
        let started = Instant::now();
        for subject in &mut self.subjects {
            (subject.run)();
        }
        for round in 0..rounds {
            if round >= 5 && started.elapsed() > limit {
                break;
            }
            // Every second round runs backwards, so that no subject always follows the same one.
            match round % 2 {
                0 => self.subjects.iter_mut().for_each(Subject::round),
                _ => self.subjects.iter_mut().rev().for_each(Subject::round),
            }
        }
        self.rows()
    }

    fn rows(&self) -> String {
        let Some(floor) = self.subjects.first() else {
            return String::new();
        };
        let mut rows = String::new();
        for (index, subject) in self.subjects.iter().enumerate() {
            let ratio = ratio(subject, floor);
            let aim = match self.aim.filter(|_| index == 1) {
                Some(aim) if ratio <= aim => format!("≤ {aim}: met"),
                Some(aim) => format!("≤ {aim}: **missed**"),
                None => String::new(),
            };
            let (title, name, time, rounds) =
                (self.title, subject.name, shown(subject.median()), subject.rounds.len());
            rows.push_str(&format!(
                "| {title} | {name} | {time} | {ratio:.2} | {aim} | {rounds} |\n"
            ));
        }
        rows
    }
}

impl Subject<'_> {
    fn round(&mut self) {
        let started = Instant::now();
        for _ in 0..self.times {
            (self.run)();
        }
        self.rounds.push(started.elapsed() / self.times);
    }

    fn median(&self) -> Duration {
        let mut rounds = self.rounds.clone();
        rounds.sort();
        rounds[rounds.len() / 2]
    }
}

/// Returns the median of the ratios of the rounds. Both halves of a ratio were measured shortly
/// after each other.
fn ratio(subject: &Subject<'_>, floor: &Subject<'_>) -> f64 {
    let pairs = subject.rounds.iter().zip(&floor.rounds);
    let mut ratios: Vec<f64> =
        pairs.map(|(subject, floor)| subject.as_secs_f64() / floor.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn shown(time: Duration) -> String {
    match time.as_nanos() {
        nanos @ ..10_000 => format!("{nanos} ns"),
        nanos @ ..10_000_000 => format!("{:.1} µs", nanos as f64 / 1e3),
        nanos => format!("{:.1} ms", nanos as f64 / 1e6),
    }
}
