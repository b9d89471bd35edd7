"""What people say of the images: the ten taggers of FER+, joined to a data set, against answers.

Knows tables of votes and arrays of images and answers; trains on no vote.
"""
