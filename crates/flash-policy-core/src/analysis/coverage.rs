//! Counts which rules of which policies a set of outcomes exercises.

use crate::diagnostics::{Position, rules};
use crate::document::{MetaPolicy, PolicyFile};
use crate::player::{Asked, DecidingRule, Endpoint, Outcome};

/// The number of times that each element of some policies decided.
///
/// ```
/// use flash_policy_core::{Evaluator, PolicyFile, analysis::Coverage};
///
/// let policy = PolicyFile::builder()
///     .allow("www.example.com", 5000)
///     .allow("beta.example.com", 5000)
///     .build();
/// let mut coverage = Coverage::new();
/// coverage.add("game.example.com:843".parse().unwrap(), &policy);
///
/// let mut player = Evaluator::new("http://www.example.com/game.swf")
///     .unwrap()
///     .policy("game.example.com:843", policy);
/// coverage.count(&player.connect("game.example.com", 5000));
///
/// let elements = coverage.elements().iter();
/// let never: Vec<_> = elements.filter(|element| !element.is_exercised()).collect();
/// assert_eq!(never.len(), 1);
/// assert_eq!(
///     never[0].element,
///     r#"<allow-access-from domain="beta.example.com" to-ports="5000"/>"#,
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    elements: Vec<ElementCoverage>,
}

impl Coverage {
    /// Creates a coverage of no policies.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the elements of the policy at a logical endpoint.
    pub fn add(&mut self, endpoint: Endpoint, policy: &PolicyFile) {
        let element = |element: String, position, kind| ElementCoverage {
            endpoint: endpoint.clone(),
            element,
            position,
            kind,
            granted: 0,
            denied: 0,
        };
        let controls = policy.site_control().iter().map(|control| {
            let kind = if control.value() == Some(MetaPolicy::All) {
                ElementKind::Permission
            } else {
                ElementKind::Restriction
            };
            element(control.to_string(), control.position(), kind)
        });
        let grants = policy.allow_access_from().iter();
        let grants =
            grants.map(|rule| element(rule.to_string(), rule.position(), ElementKind::Grant));
        let mut elements: Vec<_> = controls.chain(grants).collect();
        elements.sort_by_key(|element| element.position);
        self.elements.extend(elements);
    }

    /// Counts the element that decided an outcome: the rule that granted, the nearest miss, or the
    /// meta-policy. A meta-policy that kept the player from other locations counts as well.
    pub fn count<S>(&mut self, outcome: &Outcome<S>) {
        let keeps_out = |asked: &&Asked| {
            asked.diagnostics().any(|found| *found.rule() == rules::NONMASTER_NOT_ASKED)
        };
        if let Some(master) = outcome.asked().iter().find(keeps_out) {
            self.count_restriction(master.endpoint());
        }
        let Some(rule) = outcome.rule() else { return };
        let index = self.find(rule);
        if let Some(element) = index.and_then(|index| self.elements.get_mut(index)) {
            match outcome.granted_by() {
                Some(_) => element.granted += 1,
                None => element.denied += 1,
            }
        }
    }

    fn count_restriction(&mut self, endpoint: &Endpoint) {
        let mut elements = self.elements.iter_mut();
        let is_restriction = |element: &&mut ElementCoverage| {
            element.endpoint == *endpoint && element.kind == ElementKind::Restriction
        };
        if let Some(element) = elements.find(is_restriction) {
            element.denied += 1;
        }
    }

    /// Returns the elements, policy by policy, in document order.
    pub fn elements(&self) -> &[ElementCoverage] {
        &self.elements
    }

    /// Returns the index of an element. In a document that was changed on its way, the element may
    /// be at another position, so the same text is enough.
    fn find(&self, rule: &DecidingRule) -> Option<usize> {
        let has_text = |element: &ElementCoverage| {
            element.endpoint == *rule.endpoint() && element.element == rule.element()
        };
        let is_same =
            |element: &ElementCoverage| has_text(element) && element.position == rule.position();
        let index = self.elements.iter().position(is_same);
        index.or_else(|| self.elements.iter().position(has_text))
    }
}

/// The number of times that one `<allow-access-from>` or `<site-control>` decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ElementCoverage {
    /// The logical endpoint of its policy.
    pub endpoint: Endpoint,
    /// The element, as XML.
    pub element: String,
    /// The position of the element in its document.
    pub position: Option<Position>,
    /// The number of connections that it granted, including those to backends that could not be
    /// reached.
    pub granted: usize,
    /// The number of denials that it decided, as the nearest miss or as the meta-policy.
    pub denied: usize,
    kind: ElementKind,
}

impl ElementCoverage {
    /// Returns true if the element had its effect: a rule granted, or a meta-policy that can deny
    /// denied.
    pub fn is_exercised(&self) -> bool {
        match self.kind {
            ElementKind::Grant => self.granted > 0,
            ElementKind::Restriction => self.denied > 0,
            ElementKind::Permission => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ElementKind {
    Grant,
    /// A meta-policy that can deny.
    Restriction,
    /// A meta-policy that cannot deny.
    Permission,
}
