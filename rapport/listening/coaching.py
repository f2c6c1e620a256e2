from rapport.listening.advice import Advice
def coach(reply: str, message: str) -> Advice:
    raise NotImplementedError
