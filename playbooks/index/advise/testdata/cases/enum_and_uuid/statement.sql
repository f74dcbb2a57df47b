SELECT note FROM moods WHERE who = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b' AND mood = 'sad'
