"""Everything that ``laneway plan check`` can find, in one table."""

from laneway.core.proofs import RULES as PROVED
from laneway.core.proofs.rules import Rule, error

READING = (
    error("not_utf8", "The file is not UTF-8.", "Save it as UTF-8."),
    error("empty", "The file is empty.", "Write a plan, or remove the file."),
    error("syntax", "The file is no YAML.", "Correct it at the place; tabs do not indent."),
    error("too_large", "The file is larger than any plan.", "Check that it is the right file."),
    error("too_deep", "Values are nested too deep.", "Write it flatter."),
    error(
        "too_many_values",
        "With what its aliases stand for, the file holds too many values.",
        "Write values out instead of referring to them again and again.",
    ),
    error("second_document", "The file holds two documents.", "Make a file of each."),
    error("duplicate_key", "A mapping has a key twice.", "Keep one of the two."),
    error("key_not_text", "A mapping's key is not text.", "Put it in quotes."),
    error("merge_key", "A mapping is merged with `<<`.", "Write the values out."),
    error("unknown_alias", "An alias refers to an anchor that there is not.", "Write the value."),
    error("tag", "A value has a tag.", "Write the value itself, in quotes for text."),
    error("not_json", "A value is none that JSON can hold.", "Put it in quotes for text."),
    error(
        "duplicate_plan",
        "Two files hold plans of one name.",
        "Give one of them another name, or remove it.",
    ),
)
"""What a file can have wrong before anything is known of plans."""

DESCRIBED = (
    error("wrong_type", "A value is of the wrong type.", "Write what the message asks for."),
    error("wrong_value", "A value is none of those that may be.", "Write one of those named."),
    error("bad_format", "Text is not of the form that it must have.", "Write it as the example."),
    error("out_of_range", "A value is too small, too large, too short or too long.", "Change it."),
    error("unknown_property", "A mapping has a key that it cannot have.", "Correct or remove it."),
    error("missing_property", "A mapping lacks a key that it must have.", "Add it."),
    error(
        "not_exactly_one",
        "Of several keys exactly one must be there: a phase, say, is of exactly one kind.",
        "Keep one of them.",
    ),
    error("invalid", "A value breaks some other rule of the JSON Schema.", "Read the message."),
)
"""What the JSON Schema of plans says."""

RULES: dict[str, Rule] = {**{rule.code: rule for rule in (*READING, *DESCRIBED)}, **PROVED}
"""All rules by code, in the order in which a plan is checked."""
