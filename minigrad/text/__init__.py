"""Text: as numbers, by characters, words or pieces of words; a model that counts; and what networks need to write and to translate."""

from .bpe import BytePairs
from .ngram import NGram
from .search import beam_search
from .translator import Translator
from .vocabulary import Vocabulary

__all__ = ["BytePairs", "NGram", "Translator", "Vocabulary", "beam_search"]
